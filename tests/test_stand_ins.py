"""What only shows something to a person is taken for granted, and does nothing."""

import pytest
from test_own_files import value

from grader.sandbox.contract import Sandbox

SHOWING = {
    "a figure": """
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
        from mpl_toolkits.mplot3d import Axes3D
        plt.rcParams["figure.figsize"] = (3, 3)
        fig, ax = plt.subplots()
        ax.plot([1, 2]); plt.title("x")
        fig, (left, right) = plt.subplots(1, 2)
        left.hist([1])
        fig, axes = plt.subplots(2, 2)
        axes[0, 1].imshow([[1]])
        for ax in axes:
            ax.grid()
        with plt.style.context("ggplot"):
            plt.savefig("x.png")
        plt.show()
        value = 5
        """,
    "a bar": """
        from tqdm import tqdm, trange
        bar = tqdm([1, 2], desc="steps")
        value = len(bar)
        for one in bar:
            bar.set_postfix(loss=one)
            value += one
        for _ in trange(0):
            value = 0
        """,
    "a bar by hand": """
        import tqdm.auto
        with tqdm.auto.tqdm(total=3) as bar:
            bar.update(1)
        value = sum(tqdm.auto.tqdm([2, 3]))
        """,
    "a notebook's display": """
        from IPython.display import HTML, clear_output, display
        from IPython.core.interactiveshell import InteractiveShell
        from google.colab import drive
        InteractiveShell.ast_node_interactivity = "all"
        drive.mount("/content/drive")
        clear_output(wait=True)
        display(HTML("<b>"))
        value = 5
        """,
    "a guard": """
        try:
            import seaborn as sns
            sns.set_theme()
        except ImportError:
            sns = None
        value = 5
        """,
}


@pytest.mark.parametrize("what", SHOWING)
def test_a_program_that_shows_something_goes_on(sandbox: Sandbox, what: str) -> None:
    lines = [line.removeprefix(" " * 8) for line in SHOWING[what].splitlines()]

    assert value(sandbox, "\n".join(lines)) == 5


EXPORTED = """#!/usr/bin/env python
# coding: utf-8

# In[1]:


get_ipython().run_line_magic('matplotlib', 'inline')
get_ipython().system('pip install torch')
display(1)


# In[ ]:


get_ipython().run_cell_magic('time', '', 'first = 2\\n')
get_ipython().run_line_magic('time', 'second = 3')
files = get_ipython().getoutput('ls')
value = first + second + len(files)
"""


def test_an_exported_notebook_is_a_module(sandbox: Sandbox) -> None:
    assert value(sandbox, EXPORTED) == 5


def test_a_module_that_asks_whether_it_is_a_notebook_is_told_no(sandbox: Sandbox) -> None:
    source = "try:\n    get_ipython()\n    value = 'yes'\nexcept NameError:\n    value = 'no'\n"

    assert value(sandbox, source) == "no"


def test_what_computes_has_no_stand_in(sandbox: Sandbox) -> None:
    assert value(sandbox, "import scipy\n") == "ModuleNotFoundError: No module named 'scipy'"
