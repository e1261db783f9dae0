"""What looks into files that strangers send: a program of its own, so that no file can hurt the portal.

It gets the file on its input and two open files for what it makes of it, says its verdict on its output, and can do
nothing else: no settings, no secrets, bounded memory and time, and not one more descriptor, so neither files nor
network. It imports nothing of the portal, and the portal nothing of it: `portal/integrations/inspection.py` starts it.
"""
