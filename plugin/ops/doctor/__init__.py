"""What the doctor examines: the files of an installation, and the company it is connected to."""
