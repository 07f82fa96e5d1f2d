//! The system clock and random numbers, for minting identifiers.

use idhooks_code::Source;
use idhooks_repo::store::clock::since_epoch;
use uuid::Uuid;

/// The system clock and random numbers.
#[derive(Debug, Clone, Copy)]
pub struct SystemSource;

impl Source for SystemSource {
    fn now(&mut self) -> u64 {
        now_millis()
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(14) {
            let random = *Uuid::new_v4().as_bytes();
            // Bytes 6 and 8 contain the version and the variant, which are not random.
            let random = random.into_iter().enumerate().filter(|(at, _)| ![6, 8].contains(at));
            chunk.iter_mut().zip(random).for_each(|(byte, (_, random))| *byte = random);
        }
    }
}

/// Returns the current time in milliseconds since the Unix epoch.
pub fn now_millis() -> u64 {
    u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX)
}
