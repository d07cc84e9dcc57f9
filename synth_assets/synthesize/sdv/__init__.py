"""Engines of the Synthetic Data Vault (SDV 2.0): Gaussian copula, CTGAN, TVAE, CopulaGAN, PAR and HMA.

Licence: SDV, rdt, copulas, ctgan and deepecho stand under the Business Source License 1.1, not under this package's
Apache-2.0. Using them for one's own data is free; offering a synthetic-data service to third parties with them is not
(each release turns MIT after four years). The native engines need none of them.
"""
