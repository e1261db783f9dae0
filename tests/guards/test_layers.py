"""Which room may call which: the contracts of pyproject.toml."""

from importlinter.cli import lint_imports


def test_the_layers_are_kept() -> None:
    assert lint_imports(cache_dir=None, is_debug_mode=False) == 0
