"""EcomInstruct: what EcomGPT was tested on."""
