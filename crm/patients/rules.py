def mask_name(t): return t[:1]+"※"
def mask_phone(t): return "※"+t[-2:]
