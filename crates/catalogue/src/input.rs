//! Bytes as they come, with a bound on each piece and a count of a table's rows.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use semper_base::{Code, Fault};

/// Bytes that are looked at to find out what a feed is.
const HEAD_BYTES: usize = 64 << 10;
/// Largest row, item or element.
pub(crate) const PIECE_BYTES_MAX: u64 = 1 << 20;

pub(crate) fn fault(error: &io::Error) -> Fault {
    Fault::new(Code::Disk, format!("reading the feed: {error}"))
}

/// What is left of the present piece.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Rc<Cell<u64>>);

impl Budget {
    /// The next piece begins. What the readers above have buffered counts for it.
    pub(crate) fn renew(&self) {
        self.0.set(PIECE_BYTES_MAX);
    }

    /// Whether a piece was too large: that is why reading ended.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// A feed, its beginning read ahead.
pub(crate) struct Input<R> {
    head: VecDeque<u8>,
    rest: R,
    budget: Budget,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(rest: R) -> Self {
        Input { head: VecDeque::new(), rest, budget: Budget(Rc::new(Cell::new(PIECE_BYTES_MAX))) }
    }

    /// The beginning, without a mark of byte order for UTF-8.
    pub(crate) fn head(&mut self) -> io::Result<&[u8]> {
        let mut head = Vec::new();
        (&mut self.rest).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        if head.starts_with(b"\xef\xbb\xbf") {
            head.drain(..3);
        }
        self.head = head.into();
        Ok(self.head.make_contiguous())
    }

    /// The beginning, as [`Input::head`] gave it.
    pub(crate) fn peek(&mut self) -> &[u8] {
        self.head.make_contiguous()
    }

    pub(crate) fn budget(&self) -> Budget {
        self.budget.clone()
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.0.get();
        if left == 0 && !to.is_empty() {
            return Err(io::Error::other("a piece of the feed is too large"));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(to.len());
        let to = to.get_mut(..most).unwrap_or_default();
        let count = if self.head.is_empty() { self.rest.read(to)? } else { self.head.read(to)? };
        self.budget.0.set(left - count as u64);
        Ok(count)
    }
}

/// Reads with a small buffer, so that the budget is felt early.
pub(crate) fn buffered<R: Read>(input: Input<R>) -> impl BufRead {
    io::BufReader::with_capacity(16 << 10, input)
}

/// What the rows of a table look like from outside: which row each record begins in, and whether quotes
/// are closed.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Of the records that passed and were not asked for yet.
    begun: VecDeque<u64>,
    row: u64,
    state: Quotes,
    /// The row that the present quoted field began in.
    quoted_since: u64,
    /// Whether the present row has anything.
    anything: bool,
    after_return: bool,
    /// Nothing comes any more.
    ended: bool,
    /// Rows with text right after a closing quote.
    strays: VecDeque<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quotes {
    #[default]
    Begin,
    Plain,
    Quoted,
    /// After a quote within quotes: the end, or half of a doubled one.
    MaybeEnd,
}

impl Rows {
    fn pass(&mut self, bytes: &[u8], delimiter: u8) {
        for byte in bytes {
            self.byte(*byte, delimiter);
        }
    }

    fn byte(&mut self, byte: u8, delimiter: u8) {
        if std::mem::take(&mut self.after_return) && byte == b'\n' {
            return;
        }
        if self.state == Quotes::Quoted {
            if byte == b'"' {
                self.state = Quotes::MaybeEnd;
            }
            return;
        }
        match byte {
            b'\r' | b'\n' => {
                self.after_return = byte == b'\r';
                self.row += 1;
                self.anything = false;
                self.state = Quotes::Begin;
                return;
            }
            _ if !self.anything => {
                self.anything = true;
                self.begun.push_back(self.row + 1);
            }
            _ => {}
        }
        self.state = match (self.state, byte) {
            (_, byte) if byte == delimiter => Quotes::Begin,
            (Quotes::Begin, b'"') => {
                self.quoted_since = self.row + 1;
                Quotes::Quoted
            }
            (Quotes::MaybeEnd, b'"') => Quotes::Quoted,
            (Quotes::MaybeEnd, _) => {
                if self.strays.len() < 100 {
                    self.strays.push_back(self.row + 1);
                }
                Quotes::Plain
            }
            (_, _) => Quotes::Plain,
        };
    }

    /// The row of the next record.
    pub(crate) fn next(&mut self) -> u64 {
        self.begun.pop_front().unwrap_or(self.row + 1)
    }

    /// The row in which the quote was opened that is open now.
    pub(crate) fn open(&self) -> Option<u64> {
        (self.state == Quotes::Quoted).then_some(self.quoted_since)
    }

    /// The row in which a quote was opened that nothing has closed up to the end.
    pub(crate) fn unclosed(&self) -> Option<u64> {
        self.open().filter(|_| self.ended)
    }

    /// A row with text right after a closing quote, if there is one at or before `row`.
    pub(crate) fn stray(&mut self, row: u64) -> Option<u64> {
        self.strays.pop_front_if(|stray| *stray <= row)
    }
}

/// A table's bytes, watched on their way to the reader of records.
pub(crate) struct Tap<R> {
    input: Input<R>,
    rows: Rc<std::cell::RefCell<Rows>>,
    delimiter: u8,
}

impl<R: Read> Tap<R> {
    pub(crate) fn new(input: Input<R>, delimiter: u8) -> (Self, Rc<std::cell::RefCell<Rows>>) {
        let rows = Rc::new(std::cell::RefCell::new(Rows::default()));
        (Tap { input, rows: Rc::clone(&rows), delimiter }, rows)
    }
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(to)?;
        let mut rows = self.rows.borrow_mut();
        rows.ended = count == 0 && !to.is_empty();
        rows.pass(to.get(..count).unwrap_or_default(), self.delimiter);
        Ok(count)
    }
}
