"""The doctor: examines the files of an installation, and its connected company."""
