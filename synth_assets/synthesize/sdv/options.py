"""The options that a plan may give to SDV's engines; defaults are SDV's own."""

from typing import ClassVar, Literal, Self, TypeAlias, TypeVar

from pydantic import Field, ValidationError, model_validator

from synth_assets.catalog.model import Value
from synth_assets.plan.nearest import hint
from synth_assets.synthesize.sdv.errors import OptionRefused

Distribution: TypeAlias = Literal["norm", "beta", "truncnorm", "uniform", "gamma", "gaussian_kde"]
ParametricDistribution: TypeAlias = Literal["norm", "beta", "truncnorm", "uniform", "gamma"]
Layers: TypeAlias = tuple[int, ...]


class Options(Value):
    """What all engines' options share."""

    engine: ClassVar[str]


class GaussianCopulaOptions(Options):
    engine = "gaussian_copula"

    default_distribution: Distribution = Field(default="beta", description="Distribution of every column.")
    numerical_distributions: dict[str, Distribution] = Field(
        default_factory=dict, description="Distributions of single columns."
    )


class NetworkOptions(Options):
    """Options of every neural engine."""

    epochs: int = Field(default=300, gt=0, description="Passes over the rows.")
    batch_size: int = Field(default=500, gt=1, description="Rows a step.")
    embedding_dim: int = Field(default=128, gt=0, description="Size of the random input.")
    enable_gpu: bool = Field(default=True, description="Use a GPU where there is one.")


class CTGANOptions(NetworkOptions):
    engine = "ctgan"

    generator_dim: Layers = Field(default=(256, 256), description="Sizes of the generator's layers.")
    discriminator_dim: Layers = Field(default=(256, 256), description="Sizes of the discriminator's layers.")
    generator_lr: float = Field(default=2e-4, gt=0, description="Learning rate of the generator.")
    generator_decay: float = Field(default=1e-6, ge=0, description="Weight decay of the generator.")
    discriminator_lr: float = Field(default=2e-4, gt=0, description="Learning rate of the discriminator.")
    discriminator_decay: float = Field(default=1e-6, ge=0, description="Weight decay of the discriminator.")
    discriminator_steps: int = Field(default=1, gt=0, description="Discriminator updates per generator update.")
    log_frequency: bool = Field(default=True, description="Sample categories by the logarithm of their frequency.")
    pac: int = Field(default=10, gt=0, description="Rows that the discriminator judges together.")

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.batch_size % 2 or self.batch_size % self.pac:
            message = "batch_size must be even and a multiple of pac"
            raise ValueError(message)
        return self


class CopulaGANOptions(CTGANOptions):
    engine = "copula_gan"

    default_distribution: Distribution = Field(default="beta", description="Distribution of every column.")
    numerical_distributions: dict[str, Distribution] = Field(
        default_factory=dict, description="Distributions of single columns."
    )


class TVAEOptions(NetworkOptions):
    engine = "tvae"

    compress_dims: Layers = Field(default=(128, 128), description="Sizes of the encoder's layers.")
    decompress_dims: Layers = Field(default=(128, 128), description="Sizes of the decoder's layers.")
    l2scale: float = Field(default=1e-5, ge=0, description="Weight of the regularisation.")
    loss_factor: float = Field(default=2, gt=0, description="Weight of the reconstruction error.")


class PAROptions(Options):
    engine = "par"

    epochs: int = Field(default=128, gt=0, description="Passes over the sequences.")
    sample_size: int = Field(default=1, gt=0, description="Draws per sequence, of which the likeliest is taken.")
    segment_size: int | None = Field(default=None, gt=0, description="Cut sequences to this length for learning.")
    enable_gpu: bool = Field(default=True, description="Use a GPU where there is one.")


class HMAOptions(Options):
    engine = "hma"

    default_distribution: ParametricDistribution = Field(
        default="beta", description="Distribution of every column of tables without a parent."
    )


ENGINE_OPTIONS: dict[str, type[Options]] = {
    options.engine: options
    for options in (GaussianCopulaOptions, CTGANOptions, TVAEOptions, CopulaGANOptions, PAROptions, HMAOptions)
}


T = TypeVar("T", bound=Options)


def read_options(kind: type[T], options: dict[str, object], *, table: str | None = None) -> T:
    """Validated options.

    Raises:
        OptionRefused: An option is not known, or has a value that it cannot take.
    """
    known = list(kind.model_fields)
    for option in options:
        if option not in known:
            raise OptionRefused(kind.engine, option, f"does not exist{hint(option, known)}", table=table)
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]) if first["loc"] else "batch_size"
        problem = first["msg"].removeprefix("Value error, ")
        raise OptionRefused(kind.engine, option, f"cannot be that: {problem}", table=table) from None
