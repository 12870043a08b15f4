"""The formats of a report, one file each; every one sees a `Report` only."""
