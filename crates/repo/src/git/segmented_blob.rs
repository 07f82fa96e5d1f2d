//! Stores a new version of a large blob, reusing compressed data from the previous version.
//!
//! Deflating takes longer than anything else that happens to a registry with 100,000 records, and
//! nearly all of its text is the same as in the version before. So the deflated stream of such a
//! blob is made of segments that can be inflated independently of each other (zlib calls this a
//! full flush), and the next version copies the segments whose text is unchanged. To git, the
//! result is an ordinary loose object.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use gix::objs::{Kind, encode::loose_header};
use idhooks_core::registry::{BlobId, Splice};
use zlib_rs::adler32::{adler32, adler32_combine};
use zlib_rs::{Deflate, DeflateFlush};

use crate::store::{digest, failpoint::pause};

use super::{GitError, Repo, loose_writer::NewObject};

/// The usual length of a segment's text. A segment cannot refer to the text before it, which makes
/// the stream 3 % longer than one without segments; twice this length would make it 1 % longer, but
/// a commit that changes 70 records would have to deflate nearly twice as much.
const USUAL: usize = 32 << 10;
/// The length below which a segment is joined to the next one.
const SHORT: usize = USUAL / 4;
/// The length above which a segment is split.
const LONG: usize = USUAL + USUAL / 2;
/// How many bytes of the former object to read at once.
const READ: usize = 64 << 10;
/// The header of a zlib stream: a window of 32 KiB, the fastest level, no dictionary.
const ZLIB: [u8; 2] = [0x78, 0x01];
/// The last block of a deflated stream, which is empty.
const LAST_BLOCK: [u8; 2] = [0x03, 0x00];
/// The Adler-32 of no text.
const EMPTY: u32 = 1;

/// The segments of a loose object that was stored here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segments {
    /// The offset of the first segment in the object's file.
    pub first: u64,
    /// The segments, in order.
    pub list: Vec<DeflatedSegment>,
}

/// A part of a deflated stream that can be inflated on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeflatedSegment {
    /// The length of its text in bytes.
    pub length: u32,
    /// Its deflated length in bytes.
    pub deflated: u32,
    /// The Adler-32 of its text.
    pub adler: u32,
    /// A digest of its text.
    pub text_digest: u64,
    /// A digest of its deflated bytes.
    pub digest: u64,
}

/// The version of a blob before the one that is stored.
#[derive(Debug)]
pub struct FormerBlob {
    file: BufReader<File>,
    /// The position in the file.
    at: u64,
    /// Where each segment's text ends in the blob.
    ends: Vec<u64>,
    /// Where each segment begins in the file.
    places: Vec<u64>,
    list: Vec<DeflatedSegment>,
}

/// A blob whose text has been written, and which has yet to be placed.
#[derive(Debug)]
pub struct SplicedBlob {
    /// Its id.
    pub id: BlobId,
    /// Its length in bytes.
    pub length: u64,
    /// The object, unless it could not be written.
    object: Option<(NewObject, Segments)>,
}

impl FormerBlob {
    /// Returns the version whose loose object is in `file`.
    pub fn new(file: File, segments: Segments) -> Self {
        let Segments { first, list } = segments;
        let sums = |start: u64, length: fn(&DeflatedSegment) -> u32| {
            list.iter().scan(start, move |at, segment| {
                *at = u64::saturating_add(*at, length(segment).into());
                Some(*at)
            })
        };
        let ends = sums(0, |segment| segment.length).collect();
        let places = std::iter::once(first).chain(sums(first, |segment| segment.deflated));
        let places = places.collect();
        let file = BufReader::with_capacity(READ, file);
        FormerBlob { file, at: 0, ends, places, list }
    }

    /// Returns the segment with this text, which begins at a position of the former text, and reads
    /// its bytes into `deflated`.
    fn segment_of(
        &mut self,
        text: &[u8],
        at: u64,
        deflated: &mut Vec<u8>,
    ) -> Option<DeflatedSegment> {
        let n = self.ends.partition_point(|end| *end <= at);
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        let segment = *self.list.get(n)?;
        // The working file is known by its time and size. If its content is different all the same,
        // then the object must have that content too.
        // The Adler-32 is too weak for this: swapping digits in two places may not change it.
        if start != at
            || segment.length as usize != text.len()
            || segment.deflated as usize > most_deflated(text.len())
            || segment.text_digest != digest(text)
        {
            return None;
        }
        let place = *self.places.get(n)?;
        deflated.resize(segment.deflated as usize, 0);
        self.file.seek_relative(i64::try_from(place).ok()? - i64::try_from(self.at).ok()?).ok()?;
        self.at = place;
        self.file.read_exact(deflated).ok()?;
        self.at += u64::from(segment.deflated);
        // The file may have been replaced since the segments were noted, or be damaged.
        (digest(&deflated[..]) == segment.digest).then_some(segment)
    }
}

impl Repo {
    /// Writes the text that `splice` makes of `source` to `out`, and stores it as a blob on the
    /// way. `former` is the blob with the content of `source`, if it is known.
    ///
    /// The blob can be read only once [`Repo::place_blob`] has placed it.
    ///
    /// # Errors
    /// Returns an error if `source` cannot be read or `out` cannot be written. That the object
    /// cannot be written is not an error yet.
    pub fn splice_blob(
        &self,
        splice: &Splice,
        source: &File,
        former: Option<FormerBlob>,
        out: &mut dyn Write,
    ) -> io::Result<SplicedBlob> {
        let length = splice.length();
        let mut sum = self.blob_sum(length);
        let mut writer = self.segment_writer(length, former);
        let ends = match &writer {
            Some(SegmentWriter { former: Some(former), .. }) => former.ends.clone(),
            _ => Vec::new(),
        };
        splice.put_seen(source, out, &ends, |at, bytes| {
            sum.update(bytes);
            writer = writer.take().and_then(|writer| writer.take(at, bytes).ok());
            Ok(())
        })?;
        let object = writer.and_then(|writer| writer.finish().ok());
        Ok(SplicedBlob { id: sum.id(), length, object })
    }

    /// Stores a whole file as a blob, like [`Repo::splice_blob`].
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub(crate) fn whole_blob(&self, file: &File) -> Result<SplicedBlob, GitError> {
        let failed = |error| GitError::reading("the data to store", &error);
        let mut whole = Splice::default();
        whole.copy(0..file.metadata().map_err(failed)?.len());
        self.splice_blob(&whole, file, None, &mut io::sink()).map_err(failed)
    }

    /// Gives a blob its name in the object database. `text` is the file that has been written along
    /// with it. Returns the blob's segments, or `None` if the object is not made of segments,
    /// because it existed already or because git had to write it.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written.
    pub fn place_blob(&self, blob: SplicedBlob, text: &File) -> Result<Option<Segments>, GitError> {
        let SplicedBlob { id, length, object } = blob;
        if let Some((object, segments)) = object
            && self.is_stored(id).is_ok_and(|is_stored| !is_stored)
            && self.place(object, id).is_ok()
        {
            pause("a blob is stored");
            return Ok(Some(segments));
        }
        self.write_blob_from(id, length, text).map(|_| None)
    }

    fn segment_writer(&self, length: u64, former: Option<FormerBlob>) -> Option<SegmentWriter> {
        // While git receives a push, only git knows where new objects belong.
        if self.objects.alternates.redirects_writes() {
            return None;
        }
        let level = self.gix.objects.loose_compression.level();
        SegmentWriter::begin(self.new_object().ok()?, level, length, former).ok()
    }
}

/// Returns how many bytes a segment with a text of this length may take, and more than it ever
/// does.
const fn most_deflated(length: usize) -> usize {
    // Incompressible text takes nine bits for each byte, or five more bytes for each block that is
    // stored uncompressed.
    length + length / 8 + 256
}

/// Writes the loose object of a blob, segment by segment.
struct SegmentWriter {
    object: NewObject,
    deflater: Deflate,
    former: Option<FormerBlob>,
    /// The text of the next segment, as far as it is known.
    pending: Vec<u8>,
    /// The bytes of a segment that was deflated here.
    deflated: Vec<u8>,
    /// The bytes of a segment from the former version.
    copied: Vec<u8>,
    /// The Adler-32 of the stream so far.
    adler: u32,
    segments: Segments,
}

impl SegmentWriter {
    /// Writes the object's header.
    fn begin(
        object: NewObject,
        level: i32,
        length: u64,
        former: Option<FormerBlob>,
    ) -> io::Result<Self> {
        let deflater = Deflate::new(level, false, 15);
        let pending = Vec::with_capacity(LONG + USUAL);
        let deflated = Vec::with_capacity(most_deflated(LONG));
        let (copied, segments, adler) = (Vec::new(), Segments::default(), EMPTY);
        let mut writer =
            SegmentWriter { object, deflater, former, pending, deflated, copied, adler, segments };
        writer.object.out.write_all(&ZLIB)?;
        let header = writer.deflate(&loose_header(Kind::Blob, length))?;
        writer.count(&header);
        writer.segments.first = ZLIB.len() as u64 + u64::from(header.deflated);
        Ok(writer)
    }

    /// Adds text, which is at this position in the former version if it was copied.
    fn take(mut self, at: Option<u64>, bytes: &[u8]) -> io::Result<Self> {
        // A segment that follows a short rest is joined to it. Otherwise, there would be more and
        // more short segments.
        let fits = self.pending.is_empty() || self.pending.len() >= SHORT;
        let former = at.zip(self.former.as_mut()).filter(|_| fits);
        let copied = &mut self.copied;
        if let Some(segment) = former.and_then(|(at, f)| f.segment_of(bytes, at, copied)) {
            self.write_pending(self.pending.len())?;
            self.object.out.write_all(&self.copied)?;
            self.add(segment);
            return Ok(self);
        }
        self.pending.extend_from_slice(bytes);
        while self.pending.len() > LONG {
            self.write_pending(USUAL)?;
        }
        Ok(self)
    }

    /// Writes the first bytes of the pending text as a segment.
    fn write_pending(&mut self, length: usize) -> io::Result<()> {
        if length > 0 {
            let pending = std::mem::take(&mut self.pending);
            let segment = self.deflate(&pending[..length])?;
            self.add(segment);
            self.pending = pending;
            self.pending.drain(..length);
        }
        Ok(())
    }

    fn add(&mut self, segment: DeflatedSegment) {
        self.count(&segment);
        self.segments.list.push(segment);
    }

    /// Adds a part of the stream to the checksum at its end.
    fn count(&mut self, part: &DeflatedSegment) {
        self.adler = adler32_combine(self.adler, part.adler, u64::from(part.length));
    }

    /// Deflates `text` on its own and writes it.
    fn deflate(&mut self, text: &[u8]) -> io::Result<DeflatedSegment> {
        self.deflated.resize(most_deflated(text.len()), 0);
        let (read, written) = (self.deflater.total_in(), self.deflater.total_out());
        let done = self.deflater.compress(text, &mut self.deflated, DeflateFlush::FullFlush);
        let read = self.deflater.total_in() - read;
        let written = (self.deflater.total_out() - written) as usize;
        // If the buffer is full, something may be left to flush.
        if done.is_err() || read != text.len() as u64 || written == self.deflated.len() {
            return Err(io::Error::other("the text cannot be deflated"));
        }
        let deflated = &self.deflated[..written];
        self.object.out.write_all(deflated)?;
        Ok(DeflatedSegment {
            length: text.len() as u32,
            deflated: written as u32,
            adler: adler32(EMPTY, text),
            text_digest: digest(text),
            digest: digest(deflated),
        })
    }

    /// Writes the rest of the object.
    fn finish(mut self) -> io::Result<(NewObject, Segments)> {
        self.write_pending(self.pending.len())?;
        self.object.out.write_all(&LAST_BLOCK)?;
        self.object.out.write_all(&self.adler.to_be_bytes())?;
        Ok((self.object, self.segments))
    }
}
