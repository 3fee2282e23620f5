import os

# One BLAS thread: searches run side by side, and a second thread only slows a small product.
# It must be said before numpy is loaded, so here.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")
