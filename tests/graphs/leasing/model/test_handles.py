from graphs.leasing.model.handles import Handles


def test_an_id_keeps_its_handle_and_comes_back() -> None:
    handles = Handles()
    shown = handles.shown({"homes": [{"listing_id": "lst_a"}, {"listing_id": "lst_b", "rent": 1}]})
    assert shown == {"homes": [{"listing_id": "h1"}, {"listing_id": "h2", "rent": 1}]}
    assert handles.of("listing_id", "lst_a") == "h1"
    assert handles.of("slot_id", "slot_a") == "s1"
    assert handles.meant({"listing_ids": ["h2", "h1"], "slot_id": "s1", "q": "h1"}) == {
        "listing_ids": ["lst_b", "lst_a"],
        "slot_id": "slot_a",
        "q": "h1",
    }


def test_what_is_no_handle_is_left_to_the_executor() -> None:
    assert Handles().meant({"listing_id": "h9", "slot_id": 7, "listing_ids": [["h1"]]}) == {
        "listing_id": "h9",
        "slot_id": 7,
        "listing_ids": [["h1"]],
    }
