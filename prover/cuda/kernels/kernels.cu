// All kernels, for a card.
#include "rows.cuh"
#include "sums.cuh"
