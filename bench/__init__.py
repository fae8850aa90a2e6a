"""The benchmarks: ratios taken in one run, CPU time, statements, bytes. One JSON object a line on stdout."""
