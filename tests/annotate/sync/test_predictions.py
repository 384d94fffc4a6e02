"""Which pre-annotations are renewed."""

from typing import Any

from stancebank.annotate.sync.push_tasks import renewal, shown


def made(version: str, *result: Any) -> dict[str, Any]:
    return {"model_version": version, "result": list(result)}


def there(*predictions: dict[str, Any]) -> Any:
    return shown({"id": number, **each} for number, each in enumerate(predictions, 1))


def test_equal_ones_stay_and_doubles_go() -> None:
    assert renewal([made("gold", 1)], there(made("gold", 1))) == ([], [])
    assert renewal([made("gold", 1)], there(made("gold", 1), made("gold", 1), made("gold", 2))) == ([], [2, 3])


def test_one_that_differs_is_made_before_the_old_one_goes() -> None:
    assert renewal([made("gold", 2)], there(made("gold", 1))) == ([made("gold", 2)], [1])


def test_what_other_pushes_showed_stays() -> None:
    assert renewal([made("gold", 1)], there(made("ann-1", 1))) == ([made("gold", 1)], [])


def test_zones_alone_give_way_and_are_not_shown_beside_others() -> None:
    assert renewal([made("gold", 1)], there(made("zones"))) == ([made("gold", 1)], [1])
    assert renewal([made("zones")], there(made("gold", 1))) == ([], [])
    assert renewal([made("zones")], there(made("gold", 1), made("zones"))) == ([], [2])
    assert renewal([made("zones")], there()) == ([made("zones")], [])
    assert renewal([made("zones", 1)], there(made("zones"))) == ([made("zones", 1)], [1])
