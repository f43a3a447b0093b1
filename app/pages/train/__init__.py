"""The trainings, and the dialog that starts one."""
