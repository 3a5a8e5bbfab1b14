A="23456789ABCDEFGHJKMNPQRSTVWXYZ"
def make_code(r):
    return "".join(A[r(len(A))] for _ in range(8))
