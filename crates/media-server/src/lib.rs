//! Sockets, clocks, tasks and threads around the machines of the lower layers.
