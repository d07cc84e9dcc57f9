"""What may stand in the Adult census, as its documentation (adult.names) lists it; bounds are round numbers."""

from typing import Any


def _labels(text: str) -> dict[str, Any]:
    return {"labels": [label.strip() for label in text.split(",")]}


DOMAINS: dict[str, dict[str, Any]] = {
    "age": {"bounds": [0, 120]},
    "workclass": _labels(
        "?, Private, Self-emp-not-inc, Self-emp-inc, Federal-gov, Local-gov, State-gov, Without-pay, Never-worked"
    ),
    "fnlwgt": {"bounds": [0, 2_000_000]},
    "education": _labels(
        "Bachelors, Some-college, 11th, HS-grad, Prof-school, Assoc-acdm, Assoc-voc, 9th, 7th-8th, 12th, Masters, "
        "1st-4th, 10th, Doctorate, 5th-6th, Preschool"
    ),
    "education_num": {"bounds": [1, 16]},
    "marital_status": _labels(
        "Married-civ-spouse, Divorced, Never-married, Separated, Widowed, Married-spouse-absent, Married-AF-spouse"
    ),
    "occupation": _labels(
        "?, Tech-support, Craft-repair, Other-service, Sales, Exec-managerial, Prof-specialty, Handlers-cleaners, "
        "Machine-op-inspct, Adm-clerical, Farming-fishing, Transport-moving, Priv-house-serv, Protective-serv, "
        "Armed-Forces"
    ),
    "relationship": _labels("Wife, Own-child, Husband, Not-in-family, Other-relative, Unmarried"),
    "race": _labels("White, Asian-Pac-Islander, Amer-Indian-Eskimo, Other, Black"),
    "sex": _labels("Female, Male"),
    "capital_gain": {"bounds": [0, 99_999]},
    "capital_loss": {"bounds": [0, 9_999]},
    "hours_per_week": {"bounds": [0, 99]},
    "native_country": _labels(
        "?, United-States, Cambodia, England, Puerto-Rico, Canada, Germany, Outlying-US(Guam-USVI-etc), India, Japan, "
        "Greece, South, China, Cuba, Iran, Honduras, Philippines, Italy, Poland, Jamaica, Vietnam, Mexico, Portugal, "
        "Ireland, France, Dominican-Republic, Laos, Ecuador, Taiwan, Haiti, Columbia, Hungary, Guatemala, Nicaragua, "
        "Scotland, Thailand, Yugoslavia, El-Salvador, Trinadad&Tobago, Peru, Hong, Holand-Netherlands"
    ),
    "income": _labels(">50K, <=50K"),
}
