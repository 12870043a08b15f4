"""What a program sees of the folders that others' files are in, even if it knows their names."""

from arena import Arena

from grader.sandbox.conformance import allowed

pytest_plugins = ["arena"]

SECRET = {"secret.py": b"value = 'marker'\n", "deep/data.csv": b"1,2\n"}


def test_a_program_that_knows_the_folder_of_another_gets_nothing_out_of_it(arena: Arena) -> None:
    with arena.sandbox.holding(SECRET) as name:
        place = arena.sandbox._zygote.submissions_inside  # type: ignore[attr-defined]
        other = f"{place}/{name}"
        got = allowed(
            arena.sandbox,
            f"open('{other}/secret.py').read()",
            f"open('../{name}/secret.py').read()",
            f"os.open('{other}', os.O_PATH) and os.listdir('{other}')",
            f"os.listdir('{other}')",
            f"os.listdir('{other}/deep')",
            f"os.chdir('{other}') or open('secret.py').read()",
            f"os.chdir('{other}') or os.listdir('.')",
            f"os.link('{other}/secret.py', 'mine.py')",
            f"os.symlink('{other}/secret.py', 'mine.py')",
            f"os.rename('{other}/secret.py', 'mine.py')",
            f"os.unlink('{other}/secret.py')",
            f"next(__import__('pkgutil').iter_modules(['{other}']), None) or os.listdir('{other}')",
            f"os.listdir('{place}')",
            "os.listdir('..')",
            "os.listdir('/proc/self/cwd/..')",
            "[os.readlink(f'/proc/{pid}/cwd') for pid in range(1, 400) if pid != os.getpid()]",
            f"__import__('numpy').loadtxt('{other}/deep/data.csv', delimiter=',')",
            f"__import__('linecache').getlines('{other}/secret.py') or os.listdir('{other}')",
        )

    assert got == ""


def test_a_program_changes_nothing_in_its_own_folder(arena: Arena) -> None:
    got = allowed(
        arena.sandbox,
        "open('module.py', 'w')",
        "open('module.py', 'a')",
        "open('new.py', 'w')",
        "os.truncate('module.py', 0)",
        "os.unlink('module.py')",
        "os.rename('module.py', 'new.py')",
        "os.link('module.py', 'new.py')",
        "os.mkdir('new')",
        "os.chmod('module.py', 0o777)",
        "os.chmod('.', 0o777)",
        "os.chmod('..', 0o777)",
        "os.utime('module.py')",
        "os.setxattr('module.py', 'user.left', b'x')",
        "mmap.mmap(os.open('module.py', os.O_RDONLY), 0, access=mmap.ACCESS_WRITE)",
    )

    assert got == ""


def test_a_program_has_no_descriptor_of_a_folder(arena: Arena) -> None:
    with arena.sandbox.holding(SECRET):
        got = allowed(
            arena.sandbox,
            *(f"os.listdir({descriptor})" for descriptor in range(3, 12)),
            *(f"os.open('module.py', os.O_RDONLY, dir_fd={descriptor})" for descriptor in range(3, 12)),
        )

    assert got == ""
