import pytest
from pydantic import ValidationError

from graphs.leasing.model.answer import ModelAnswer


def test_words_of_the_models_own_are_left_out() -> None:
    answer = ModelAnswer.model_validate(
        {
            "reply": "Hi",
            "asked": ["tour", "mood", 3],
            "noted": [{"field": "pets", "value": "yes"}, {"field": "race", "value": "x"}, "y"],
            "extra": 1,
        }
    )
    assert answer.asked == ["tour"]
    assert [item.field for item in answer.noted] == ["pets"]
    assert answer.understood


def test_the_reply_is_the_first_field_a_model_writes() -> None:
    assert next(iter(ModelAnswer.model_json_schema()["properties"])) == "reply"


@pytest.mark.parametrize("given", [{}, {"reply": 3}, {"reply": None}])
def test_without_a_reply_it_is_no_answer(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ModelAnswer.model_validate(given)
