"""Which room may call which: the contracts of pyproject.toml."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

BLUEPRINTS = Path(__file__).parents[2] / "portal" / "blueprints"


def test_the_layers_are_kept() -> None:
    kept, said = _lint(ROOT)
    assert kept, said


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and their contracts, in a folder where they can be broken."""
    folder = tmp_path_factory.mktemp("house")
    for package in ("portal", "decoder", "workers", "sandbox"):
        python = shutil.ignore_patterns("static", "templates", "migrations", "__pycache__", "*.toml")
        shutil.copytree(ROOT / package, folder / package, ignore=python)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


BREACHES = {
    "a wing that uses one above it": ("payments.stray", "from portal.services.sale import quoting"),
    "a wing that uses one beside it": ("policies.stray", "import portal.services.authentication"),
    "a customer's wing that uses the desk": ("home.stray", "import portal.services.desk.search"),
    "a wing that the contract does not place": ("loyalty.__init__", ""),
    "a module without a wing": ("stray", ""),
}


@pytest.mark.parametrize(("name", "line"), BREACHES.values(), ids=BREACHES)
def test_a_module_in_the_wrong_wing_or_without_one_fails(copy: Path, name: str, line: str) -> None:
    stray = (copy / "portal" / "services").joinpath(*name.split(".")).with_suffix(".py")
    stray.parent.mkdir(exist_ok=True)
    stray.write_text(f"{line}\n")
    try:
        kept, said = _lint(copy, "wings")
    finally:
        stray.unlink()
        if stray.stem == "__init__":
            stray.parent.rmdir()
    assert not kept, said
    assert _lint(copy, "wings")[0], "without it all is well"


def _lint(folder: Path, *contracts: str) -> tuple[bool, str]:
    """In a process of its own: the linter's set-up of its log silences every logger that was there before it."""
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    command = [*linter, *(f"--contract={one}" for one in contracts), "--no-cache"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return found.returncode == 0, found.stdout + found.stderr


def test_blueprints_name_models_for_typing_alone() -> None:
    at_work = {path: _models_at_work(path.read_text()) for path in BLUEPRINTS.rglob("*.py")}
    assert not {path: models for path, models in at_work.items() if models}


@pytest.mark.parametrize(
    "line", ["Purchase()", "state = Purchase.state", "class Own(Purchase): ...", "def f(of=Purchase): ..."]
)
def test_a_model_at_work_in_a_blueprint_is_found(line: str) -> None:
    assert _models_at_work(f"from portal.models import Purchase\n{line}") == {"Purchase"}


@pytest.mark.parametrize("line", ["import portal.models", "from portal import models"])
def test_a_blueprint_imports_each_model_by_its_name(line: str) -> None:
    assert _models_at_work(line)


def _models_at_work(source: str) -> set[str]:
    """What a module imports of the models and uses beyond annotations and the brackets of a generic type."""
    module = list(ast.walk(ast.parse(source)))
    imported: set[str] = set()
    typing: set[ast.AST] = set()
    for node in module:
        match node:
            case ast.ImportFrom(module="portal.models"):
                imported.update(each.asname or each.name for each in node.names)
            case ast.ImportFrom(module="portal", names=names) | ast.Import(names=names):
                imported.update(each.name for each in names if each.name in ("models", "portal.models"))
            case ast.arg(annotation=ast.expr() as hint) | ast.FunctionDef(returns=ast.expr() as hint):
                typing.update(ast.walk(hint))
            case ast.AnnAssign(annotation=hint) | ast.Subscript(slice=hint):
                typing.update(ast.walk(hint))
    named = {node.id for node in module if isinstance(node, ast.Name) and node not in typing}
    return imported & (named | {"models", "portal.models"})
