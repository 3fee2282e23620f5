from agent.kit.digests import args_hash


def test_does_not_depend_on_the_order_of_arguments() -> None:
    assert args_hash({"a": 1, "b": {"c": 2, "d": 3}}) == args_hash({"b": {"d": 3, "c": 2}, "a": 1})


def test_tells_values_and_types_apart() -> None:
    hashes = {
        args_hash(args)
        for args in ({"a": 1}, {"a": "1"}, {"a": True}, {"a": None}, {"b": 1}, {}, {"a": [1]})
    }
    assert len(hashes) == 7
