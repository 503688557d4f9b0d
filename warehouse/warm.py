"""Importing this loads what every document needs (the catalogue, names of regions): for the fork server."""

from warehouse.parse import prepare

prepare()
