"""Interrupts that a driver makes errors of its own of."""


def raise_interrupt(error: BaseException) -> None:
    """Raise the interrupt (Ctrl-C, a canceled run) that came while a driver was at work; nothing if none did.

    ADBC takes the signal itself and cancels what it does. Where the database's driver cannot, it raises that error
    instead of the interrupt, and whoever asked for the end would be told that the database has failed.
    """
    if isinstance(error.__cause__, KeyboardInterrupt):
        raise error.__cause__ from None
