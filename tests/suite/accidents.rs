//! Accidents: the program is killed, the disk is full, two do something at once, the clock runs
//! backwards.

mod killed;
mod stops;
