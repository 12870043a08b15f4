#!/bin/bash
# Gradescope runs this as root when it builds the image: installs the grader with the versions with which the
# archive was made, and asks the solutions once, so that their answers are in the cache.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ -d "$here/source" ]; then root=$here; else root=$(dirname "$here"); fi
source=$root/source
wanted=$(cat "$source/python.txt")

# Gradescope's own program needs its python3 as it is, so the grader gets a virtual environment.
if ! "python$wanted" -m venv "$root/venv"; then
    apt-get update
    apt-get install -y --no-install-recommends python3-venv
    python3 -m venv "$root/uv"
    "$root/uv/bin/pip" install uv
    UV_PYTHON_INSTALL_DIR=$root/python "$root/uv/bin/uv" venv --clear --seed --python "$wanted" "$root/venv"
fi
python=$root/venv/bin/python
torch=https://download.pytorch.org/whl/cpu
"$python" -m pip install -r "$source/torch.txt" --index-url $torch
# Libraries that are compiled against torch, as torchvision is, need the build for this torch.
"$python" -m pip install -r "$source/libraries.txt" "$source"/*.whl --extra-index-url $torch

"$python" -I -m grader doctor
# Each task by itself: two may ask for the same file, and each has a solution of its own.
shopt -s nullglob
for solution in "$source"/solutions/*/; do
    task=$(basename "$solution")
    "$python" -I -m grader run "$solution" --task "$task" --assignment "$source/assignment" \
        --cache "$root/cache" --out "$root/first_run/$task"
done
rm -rf "$source/solutions" "$root/first_run"
