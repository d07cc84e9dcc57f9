"""From what a plan says and a catalog holds to the decision for every table and column."""

from collections.abc import Mapping

from synth_assets.catalog.model import Catalog, Column, ForeignKey, Kind, Table
from synth_assets.plan.balanced_tables import with_balance
from synth_assets.plan.chosen import PSEUDONYMIZED, TreatmentDoesNotFit, chosen_treatment
from synth_assets.plan.columns import ColumnSettings
from synth_assets.plan.declared import declared_dependencies
from synth_assets.plan.derived import with_derived
from synth_assets.plan.evidence import ColumnEvidence
from synth_assets.plan.evidence_settings import with_evidence
from synth_assets.plan.hybrid import in_real_rows, share_problems
from synth_assets.plan.json_paths import PathRefused, path_decisions
from synth_assets.plan.nearest import hint
from synth_assets.plan.private_columns import private_column
from synth_assets.plan.private_settings import PRIVATE
from synth_assets.plan.private_tables import with_promises
from synth_assets.plan.references import TableReferences, references
from synth_assets.plan.refused import PlanRefused, Problems
from synth_assets.plan.resolved import (
    ColumnDecision,
    DecidedBy,
    Engine,
    Mode,
    ResolvedPlan,
    Role,
    TableDecision,
    Treatment,
)
from synth_assets.plan.safe import ColumnPlace, fake, is_identifying, one_value, personal_finding, safe_treatment
from synth_assets.plan.settings import DatasetSettings, SynthesizerSettings, TableSettings
from synth_assets.plan.shared_fakes import with_shared_fakes
from synth_assets.plan.unique_numbers import names_its_row

Evidence = Mapping[tuple[str, str], ColumnEvidence]

# What is known of a column of a private table: nothing that its rows would have to tell.
_NOT_LOOKED_AT = ColumnEvidence(low_cardinality=False)

_LET_THROUGH = {
    Mode.REFERENCE: "all its real rows",
    Mode.PARTIAL: "real values of the columns not replaced",
    Mode.HYBRID: "real rows",
}

# What the values that rows of other tables refer to cannot be.
_CANNOT = {Treatment.NULL: "null", Treatment.DERIVE: "derived"}


def resolve(settings: DatasetSettings, catalog: Catalog, *, evidence: Evidence | None = None) -> ResolvedPlan:
    """The decision for every table and column of a dataset.

    Args:
        evidence: What the profile found, by table and column. None before any row is read: texts that their names
            do not tell are then written anew, and the reason says that the profile may decide otherwise.

    Raises:
        PlanRefused: with everything that is wrong and its remedy.
    """
    problems = Problems([])
    _check_table_names(settings, catalog, problems)
    modes = {name: settings.table(name).mode for name in catalog.table_names}
    links = references(settings, catalog, modes, problems)
    tables = tuple(
        _Resolving(table, settings.table(table.name), catalog, links.get(table.name), evidence, problems).table()
        for table in sorted(catalog.tables, key=lambda table: table.name)
    )
    published = {name: link.published for name, link in links.items() if link.published}
    tables = with_shared_fakes(tables, catalog, published, problems)
    tables = _with_dependencies(tables, settings, catalog, published, problems)
    tables = with_balance(tables, settings, catalog, problems, profiled=evidence is not None)
    tables = with_evidence(tables, settings, problems)
    tables = with_promises(tables, settings, catalog, published, problems)
    if all(table.mode is Mode.EXCLUDE for table in tables):
        problems.add("no table is left to publish", remedy="Exclude fewer tables, or check the database's `schema`.")
    if problems.found:
        raise PlanRefused(settings.dataset, problems.found)
    return ResolvedPlan(
        dataset=settings.dataset,
        tables=tables,
        foreign_keys=published,
        min_group=settings.privacy.min_group,
        hold_out=settings.privacy.hold_out,
        budget=settings.privacy.budget,
        gate=settings.gate,
        bias=settings.bias,
        canaries=settings.privacy.canaries,
        seed=settings.seed,
    )


def _with_dependencies(
    tables: tuple[TableDecision, ...],
    settings: DatasetSettings,
    catalog: Catalog,
    foreign_keys: Mapping[str, tuple[ForeignKey, ...]],
    problems: Problems,
) -> tuple[TableDecision, ...]:
    """The decisions with what the plan declares to hold in every row."""
    decisions = {table.name: table for table in tables}
    found = []
    for table in tables:
        said = settings.table(table.name)
        declared = declared_dependencies(said, decisions, catalog.table(table.name), catalog, foreign_keys, problems)
        update = {"dependencies": declared, "discover_dependencies": said.discover_dependencies}
        found.append(table.model_copy(update=update))
    return tuple(found)


def _check_table_names(settings: DatasetSettings, catalog: Catalog, problems: Problems) -> None:
    for name in settings.tables:
        if name not in catalog.table_names:
            problems.add(
                f"the source has no table {name!r}{hint(name, catalog.table_names)}",
                remedy="Correct its name under `tables`, or take it out.",
            )


class _Resolving:
    """The decisions for one table."""

    def __init__(
        self,
        table: Table,
        settings: TableSettings,
        catalog: Catalog,
        links: TableReferences | None,
        evidence: Evidence | None,
        problems: Problems,
    ) -> None:
        self._table = table
        self._settings = settings
        self._dialect = catalog.dialect
        self._links = links or TableReferences()
        self._evidence = evidence
        self._problems = problems
        key = table.primary_key.columns if table.primary_key else ()
        self._primary_key = frozenset(key)
        self._key = key[0] if len(key) == 1 else None
        self._in_keys = {name for columns in table.unique_sets for name in columns}
        self._unique = {columns[0] for columns in table.unique_sets if len(columns) == 1}
        self._named_private = settings.synthesizer is not None and settings.synthesizer.name == PRIVATE
        self._private = self._named_private and settings.mode is Mode.SYNTHETIC

    def table(self) -> TableDecision:
        settings = self._settings
        self._check_column_names()
        self._check_mode()
        columns = () if settings.mode is Mode.EXCLUDE else tuple(self._column(c) for c in self._table.columns)
        columns = with_derived(columns, self._table, lambda why, how, name: self._refuse(why, how, column=name))
        synthesizer = settings.synthesizer or SynthesizerSettings()
        return TableDecision(
            name=self._table.name,
            mode=settings.mode,
            columns=columns,
            synthesizer=synthesizer.name,
            synthesizer_options=synthesizer.options,
            candidates=tuple(Engine(name=c.name, options=c.options) for c in synthesizer.candidates),
            scale=settings.scale,
            real_share=settings.real_share,
            because=settings.because,
        )

    def _refuse(self, message: str, remedy: str, *, column: str | None = None) -> None:
        self._problems.add(message, table=self._table.name, column=column, remedy=remedy)

    def _check_column_names(self) -> None:
        names = self._table.column_names
        for name in self._settings.columns:
            if name not in names:
                self._refuse(f"there is no column {name!r}{hint(name, names)}", "Correct its name under `columns`.")

    def _check_mode(self) -> None:
        settings, mode = self._settings, self._settings.mode
        if self._named_private and not self._private:
            self._refuse(f"the synthesizer private cannot go with the mode {mode}", "Give it the mode synthetic.")
        for message, remedy in share_problems(settings):
            self._refuse(message, remedy)
        if mode in _LET_THROUGH and settings.because is None:
            self._refuse(
                f"the mode {mode} lets {_LET_THROUGH[mode]} through and needs a reason",
                'Say why it may, such as because: "public list, no personal data".',
            )
        if mode in (Mode.SYNTHETIC, Mode.HYBRID):
            return
        meaningless = ["scale"] if settings.scale != 1 else []
        if mode is not Mode.PARTIAL:
            meaningless += ["synthesizer"] if settings.synthesizer else []
            meaningless += ["columns"] if settings.columns else []
        if meaningless:
            words = " and ".join(f"`{word}`" for word in meaningless)
            self._refuse(f"{words} cannot go with the mode {mode}", f"Take {words} out, or give it the mode synthetic.")

    def _column(self, column: Column) -> ColumnDecision:
        """What becomes of a column; a private table's must not depend on its rows."""
        place = self._place(column)
        named = self._settings.columns.get(column.name)
        decision = self._with_paths(self._of_any_table(column, place), place, named)
        if self._settings.mode is Mode.HYBRID:
            treated = named is not None and named.treatment is not None
            decision = in_real_rows(decision, place, named=treated, because=self._settings.because)
        if not self._private:
            if named is not None and named.names_domain:
                self._refuse(
                    "`bounds` and `labels` go with the synthesizer private only", "Take them out.", column=column.name
                )
            return decision
        try:
            return private_column(decision, place, self._table.checks, named)
        except TreatmentDoesNotFit as error:
            self._refuse(error.message, error.remedy, column=column.name)
            return decision

    def _with_paths(self, decision: ColumnDecision, place: ColumnPlace, named: ColumnSettings | None) -> ColumnDecision:
        """The decision with what becomes of every path, if it is that of JSON documents that are made anew."""
        if decision.role is not Role.TEXT or decision.treatment is not Treatment.LEARN:
            return decision
        try:
            paths = path_decisions((named.paths if named else None) or {}, place.evidence)
        except PathRefused as error:
            self._refuse(error.message, error.remedy, column=decision.name)
            return decision
        return decision.model_copy(update={"paths": paths})

    def _of_any_table(self, column: Column, place: ColumnPlace) -> ColumnDecision:
        mode, role = self._settings.mode, self._role(column)
        if role is Role.GENERATED and column.name not in self._settings.columns:
            return place.decide(Treatment.LEARN, role, "Computed by the database itself.")
        if mode is Mode.REFERENCE:
            return self._copied(place, role)
        if mode is Mode.EMPTY:
            return place.decide(Treatment.LEARN, role, "The table is published without rows.", by=DecidedBy.PLAN)
        if column.name in self._links.types:
            return self._type_column(place)
        named = self._settings.columns.get(column.name)
        if named is not None and named.treatment is not None:
            decision = self._chosen(named, place, role)
            if decision is not None:
                return decision
        if column.name in self._links.emptied:
            return place.decide(Treatment.NULL, Role.VALUE, self._links.emptied[column.name])
        return self._kept_or_replaced(place, role) if mode is Mode.PARTIAL else self._safe(place, role)

    def _type_column(self, place: ColumnPlace) -> ColumnDecision:
        """The column that says to which table a polymorphic key refers."""
        keys = self._links.types[place.column.name]
        columns = ", ".join(key.column for key in keys)
        named = self._settings.columns.get(place.column.name)
        partial = self._settings.mode is Mode.PARTIAL
        if named is not None and named.treatment not in (None, Treatment.KEEP if partial else Treatment.LEARN):
            self._refuse(
                f"its treatment cannot be {named.treatment}, since it says to which table {columns} refers",
                f"Take it out of the plan, or take the key of {columns} out of `polymorphic_keys`.",
                column=place.column.name,
            )
        if partial:
            return self._kept(place, Role.VALUE, f"Real labels: they say to which table {columns} refers.")
        reason = f"Says to which table {columns} refers: the labels that the plan names."
        labels = tuple(dict.fromkeys(label for key in keys for label in key.labels))
        return place.decide(Treatment.LEARN, Role.VALUE, reason, by=DecidedBy.PLAN).model_copy(
            update={"labels": labels}
        )

    def _chosen(self, named: ColumnSettings, place: ColumnPlace, role: Role) -> ColumnDecision | None:
        """What the plan names for a column; None, and a problem more, if it cannot be."""
        name, mode = place.column.name, self._settings.mode
        try:
            self._check_links(named, name)
            return chosen_treatment(named, place, role=role, mode=mode, table_because=self._settings.because)
        except TreatmentDoesNotFit as error:
            self._refuse(error.message, error.remedy, column=name)
            return None

    def _check_links(self, named: ColumnSettings, name: str) -> None:
        """A column must keep what rows of other tables hold of it, and be empty where no parent row is there."""
        if named.treatment is not Treatment.NULL and name in self._links.emptied:
            raise TreatmentDoesNotFit(self._links.emptied[name].rstrip("."), f"Take {name} out of the plan.")
        tables = ", ".join(self._links.referred.get(name, ()))
        if tables and named.treatment in _CANNOT:
            raise TreatmentDoesNotFit(
                f"it cannot be {_CANNOT[named.treatment]}, since {tables} refers to it", "Name another treatment."
            )
        is_kept = named.treatment is Treatment.KEEP or self._settings.mode is not Mode.PARTIAL
        if name in self._links.referred_as_real and not is_kept:
            raise TreatmentDoesNotFit(
                f"{tables} keeps the real values by which it refers to it",
                f"Take {name} out of the plan, or give the tables the mode synthetic.",
            )

    def _place(self, column: Column) -> ColumnPlace:
        named = self._settings.columns.get(column.name)
        unique = column.name in self._unique
        if named is not None and named.unique is not None and named.unique != unique:
            if unique:
                self._refuse("its values are unique in the source", "Take `unique: false` out.", column=column.name)
            unique = True
        return ColumnPlace(
            table=self._table.name,
            column=column,
            dialect=self._dialect,
            unique=unique,
            in_key=column.name in self._in_keys,
            names_its_row=unique and column.name not in self._primary_key and names_its_row(column, self._table.checks),
            evidence=self._seen(column),
        )

    def _seen(self, column: Column) -> ColumnEvidence | None:
        if self._private:
            return _NOT_LOOKED_AT
        if self._evidence is None:
            return None
        return self._evidence.get((self._table.name, column.name), ColumnEvidence())

    def _role(self, column: Column) -> Role:
        if column.generated is not None:
            return Role.GENERATED
        if column.name in self._links.following:
            return Role.REFERENCE
        return Role.KEY if column.name == self._key else Role.VALUE

    def _safe(self, place: ColumnPlace, role: Role) -> ColumnDecision:
        """The safe treatment in a synthetic table."""
        if role is Role.REFERENCE:
            parents = ", ".join(self._links.following[place.column.name])
            return place.decide(Treatment.LEARN, role, f"Refers to {parents}: the key of a row there.")
        if role is Role.KEY:
            return self._key_made_anew(place)
        decision = safe_treatment(place)
        if decision is not None:
            return decision
        self._refuse(
            f"of its type {place.column.type.native} no valid value can be made, and it is NOT NULL",
            "Name a constant for it, or exclude the table.",
            column=place.column.name,
        )
        return place.decide(Treatment.LEARN, Role.VALUE, "Refused.")

    def _key_made_anew(self, place: ColumnPlace) -> ColumnDecision:
        finding, by = personal_finding(place)
        if is_identifying(finding) and place.kind is Kind.TEXT:
            return fake(
                place, finding, by, f"The primary key, and seems to be {finding.label}: invented anew.", Role.KEY
            )
        return place.decide(Treatment.LEARN, Role.KEY, "The primary key: made anew.")

    def _copied(self, place: ColumnPlace, role: Role) -> ColumnDecision:
        """A column of a table that is copied as it is."""
        decision = place.decide(
            Treatment.KEEP, role, "Real values: the plan copies the table as it is.", by=DecidedBy.PLAN
        )
        return decision.model_copy(update={"because": self._settings.because})

    def _kept_or_replaced(self, place: ColumnPlace, role: Role) -> ColumnDecision:
        """A column that the plan of a partial table does not name: personal data and free text are replaced."""
        if role is not Role.VALUE or place.column.name in self._primary_key | self._links.referred_as_real:
            return self._kept_key(place, role)
        safe = self._safe(place, role)
        if safe.treatment is not Treatment.LEARN:
            return safe
        if safe.role in (Role.VALUE, Role.KEY):
            return self._kept(place, role, "Real values: the plan keeps what it does not name in this table.")
        if place.kind in PSEUDONYMIZED:
            reason = "Many values: each replaced in its own form, the same one by the same other one."
            return place.decide(Treatment.PSEUDONYMIZE, Role.VALUE, reason, by=safe.decided_by)
        left_out = one_value(place)
        if left_out is not None:
            return left_out
        self._refuse(
            f"{place.column.type.native} cannot be replaced beside real columns, and it is NOT NULL",
            "Name a constant, or {keep: true, because: ...} if it may be let through.",
            column=place.column.name,
        )
        return safe

    def _kept_key(self, place: ColumnPlace, role: Role) -> ColumnDecision:
        finding, _ = personal_finding(place)
        if role is not Role.REFERENCE and is_identifying(finding):
            self._refuse(
                f"a partial table keeps its keys as they are, but this one seems to be {finding.label}",
                "Give the table the mode synthetic, or name {keep: true, because: ...} for the column.",
                column=place.column.name,
            )
        return self._kept(place, role, "Real keys: a partial table keeps them.")

    def _kept(self, place: ColumnPlace, role: Role, reason: str) -> ColumnDecision:
        decision = place.decide(Treatment.KEEP, role, reason, by=DecidedBy.PLAN)
        return decision.model_copy(update={"because": self._settings.because})
