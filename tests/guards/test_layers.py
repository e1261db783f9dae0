"""Which room may call which: the contracts of pyproject.toml."""

import ast
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

BLUEPRINTS = Path(__file__).parents[2] / "portal" / "blueprints"


def test_the_layers_are_kept() -> None:
    assert lint_imports(cache_dir=None, is_debug_mode=False) == 0


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
