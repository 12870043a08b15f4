# The grader with torch for the CPU, for an ordinary user. See docs/containers.md.
FROM python:3.11-slim

# Its own layer: torch is large and changes seldom.
RUN pip install --no-cache-dir 'torch>=2.6,<2.14' --index-url https://download.pytorch.org/whl/cpu

COPY pyproject.toml README.md LICENSE /src/
COPY grader /src/grader
COPY reference /src/reference
RUN pip install --no-cache-dir '/src[kit,review,service]' && rm -r /src

RUN useradd --create-home --uid 1000 grader && mkdir /data /answers && chown grader:grader /data /answers
USER grader
WORKDIR /work
ENTRYPOINT ["grade"]
