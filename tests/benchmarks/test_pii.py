from benchmarks.labelled_columns.column import labelled
from benchmarks.labelled_columns.tuning_half import tuning_half
from benchmarks.labelled_columns.untouched_half import untouched_half
from benchmarks.pii import judge, precision, recall, table


def test_both_halves_have_enough_columns_with_and_without_personal_data() -> None:
    for half in (tuning_half, untouched_half):
        columns = list(half())
        assert len(columns) >= 150
        assert sum(column.kind is None for column in columns) >= 40
        assert sum(column.table == "t_0815" for column in columns) >= 60


def test_figures_of_columns_that_are_found_missed_and_taken_for_others() -> None:
    mails = iter(f"anna{number}@example.com" for number in range(10_000))
    judged = judge(
        [
            labelled("email", "x", lambda: next(mails)),
            labelled("phone", "x", lambda: "unknown"),
            labelled(None, "email", lambda: next(mails)),
            labelled(None, "status", lambda: "open"),
        ]
    )
    assert [one.found for one in judged] == ["email", None, "email", None]
    assert (recall(judged), precision(judged)) == (0.5, 0.5)
    assert len(list(table(judged))) == 1 + 3 + 1
