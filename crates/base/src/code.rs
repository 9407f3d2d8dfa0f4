//! Errors by whose fault it is, and one table of stable codes.
//!
//! - [`Violation`]: the peer broke the protocol; what it sent may be evidence.
//! - [`Refusal`]: somebody was entitled to say no and did; a normal outcome, shown to the user.
//! - [`Fault`]: our disk, our network, a third party that is down; perhaps worth another try.
//! - [`Misuse`]: the caller's own mistake.
//!
//! A code never changes its meaning or number. Codes travel on the wire, stand in archives and in
//! `--json` output; the English sentence beside them may be improved at any time.

use crate::limits::TEXT_BYTES_MAX;

macro_rules! codes {
    ($($number:literal $name:ident $text:literal;)*) => {
        /// What went wrong, as a stable number. The first digit names the family: 1 violation,
        /// 2 refusal, 3 fault, 4 misuse.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $text] $name = $number,)* }

        impl Code {
            /// Every code there is, for the table in the manual.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The sentence for people.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The name in the source, for logs.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$name => stringify!($name),)* }
            }
        }
    };
}

codes! {
    // 10xx form
    1001 JsonMalformed "the text is not JSON as we read it (no duplicate keys, no floats, whole numbers up to 2^53-1)";
    1002 JsonTooDeep "the JSON is nested too deeply";
    1003 JsonTooLarge "the JSON is too large";
    1004 JsonDuplicateKey "the JSON has the same key twice";
    1005 JsonNumber "the JSON has a number that is not a whole number within 2^53-1";
    1006 JsonNotNormal "the JSON has text that is not in Unicode normal form C";
    1007 FieldUnknown "there is a field that is not part of this format";
    1008 FieldMissing "a field is missing";
    1009 FieldWrong "a field has a value that its format does not allow";
    1010 Base64Malformed "the text is not canonical base64url";
    1011 AmountMalformed "this is not an amount of money in that currency";
    1012 CurrencyUnknown "this currency is not known here";
    1013 TooLarge "this is larger than the limit";
    1014 TooMany "there are more of these than the limit";
    1015 KindUnknown "this kind of message is not known";
    1016 VersionUnknown "this version of the format is not known";
    // 11xx statements
    1101 HeaderWrong "the statement's header is not one that we accept";
    1102 AlgorithmWrong "the statement's signature algorithm is not accepted";
    1103 KindWrong "the statement is of another kind than was expected";
    1104 SignatureWrong "the signature does not verify";
    1105 SignatureMalleable "the signature is the high-S twin of a valid one";
    1106 KeyWrong "the statement was signed with another key than this exchange names";
    1107 Expired "the statement is no longer valid";
    1108 NotYetValid "the statement is dated in the future";
    1109 RefMissing "the statement does not refer to the statement that it must follow";
    1110 RefWrong "the statement refers to another statement than the one here";
    1111 WordingUnknown "the statement was made with wording that this build does not have";
    1112 KeyMalformed "the public key is not a P-256 point";
    1113 NotCanonical "the statement's payload is not in canonical form";
    1114 SealWrong "the sealed box does not open with this key and context";
    // 12xx certificates
    1201 CertificateMalformed "the certificate cannot be read";
    1202 CertificatePath "the certificate does not lead to the market's root";
    1203 CertificateExpired "the certificate was not valid at that time";
    1204 CertificateRevoked "the certificate was revoked";
    1205 CertificateProfile "the certificate breaks the market's profile";
    1206 CertificateKind "the certificate is of a kind that may not do this";
    1207 StatusMissing "there is no revocation list for that time";
    1208 StatusStale "the revocation list is too old";
    1209 RootWrong "the root differs from the one that was given out of band";
    1210 LimitExceeded "the amount is above the certificate's limit per transaction";
    // 13xx delivery between parties
    1301 HelloMissing "this connection has not said hello";
    1302 HelloWrong "the hello names another connection key";
    1303 Early "earlier messages are missing";
    1304 Stale "this sequence number was used before with another message: restore from backup, or a copy is running";
    1305 PeerWrong "this peer has no part in that exchange";
    1306 RoleWrong "this message does not come from the party that may send it";
    // 14xx exchange
    1401 DescriptorWrong "the exchange descriptor breaks its own rules";
    1402 XidWrong "the exchange id is not the hash of the descriptor";
    1403 RegisterWrong "the exchange names another register";
    1404 MismatchAmount "the amount differs from the descriptor";
    1405 MismatchPayee "the payee differs from the descriptor";
    1406 MismatchDeadline "a deadline differs from the descriptor or the agreed terms";
    1407 ChunkWrong "a chunk does not belong to the file that was agreed";
    1408 EscrowHashWrong "this escrow is not the one that the descriptor names";
    1409 CommitmentWrong "the value does not open the commitment";
    1410 OutOfTurn "this message does not fit the state of the exchange";
    1411 TooEarly "it is too early for this";
    1412 TooLate "it is too late for this";
    1413 ProofWrong "the proof does not show what it claims";
    1414 TermsWrong "the terms differ from what was offered or ordered";
    1415 AnotherRun "this id was already used for another exchange";
    // 15xx evidence packs
    1501 PackMalformed "the evidence pack is not in the one form that it may have";
    1502 PackMember "a file of the pack is missing, added or changed";
    1503 PackIndex "the pack's index does not match its files";
    1504 StampMalformed "the time stamp cannot be read";
    1505 StampWrong "the time stamp is not for this";
    // 16xx logs
    1601 NoteMalformed "the signed note, checkpoint or proof of a log is not in its form";
    1602 LogUnknown "this is another log than the one that is meant, or one that is not followed here";
    1603 LogForked "the log shows two histories: this checkpoint does not continue the one before";
    1604 LogBehind "the checkpoint does not start from the one that was seen last";
    1605 NotLogged "what the log's owner signed is not where it belongs in the log";
    // 2xxx refusals
    2001 NoFunds "the account does not hold enough";
    2002 AccountUnknown "there is no such account";
    2003 Declined "the user said no";
    2004 NotForSale "this item is not for sale here";
    2005 OfferExpired "the offer has expired";
    2006 AlreadyReleased "the hold was released before";
    2007 AlreadyDecided "this was decided before";
    2008 EnrolmentCode "the registration code is unknown or used";
    2009 NameTaken "this name is registered already";
    2010 AccessDenied "the access rules do not allow this";
    2011 RoleUnfit "this certificate may not take that role";
    2012 RiskTooHigh "the amount is above what the user's preferences allow";
    2013 NotConfirmed "this needs a confirmation first";
    2014 PlayLimit "play money is given out only up to a limit, and this account would be above it";
    2015 NoPurse "none of the purses can make this payment";
    2016 TooManyOpen "too many offers or orders wait already; finish or release one, or try again when some have run out";
    2017 SoldOut "there are not as many left as were asked for";
    2018 PriceUnsigned "the price is not on the shop's signed price list";
    2019 PayToUnknown "the bank knows no such pay-to reference, or no longer";
    2020 PayToUsed "something was paid to this pay-to reference already; each is good for one payment";
    2021 PayToUnfit "this pay-to reference is for another purpose or currency, or for the payer's own account";
    2022 StampRefused "the time-stamping authority refused";
    2030 PriceChanged "the price has changed since the offer was made: ask for a new one";
    2031 CartGone "this cart is not here, or no longer";
    2040 NoExchangeFits "no fair exchange fits what is asked";
    2041 NoCommonNotary "no notary is on the lists of both parties: one of them has to add one of the other's";
    2042 FeeTooSmall "the notary takes a higher fee than the exchange states";
    // 3xxx faults
    3001 Disk "the disk refused a read or write";
    3002 DiskFull "the disk is full";
    3003 Commit "the database could not commit; the process must stop";
    3004 Network "the other party could not be reached";
    3005 Tls "the secure connection could not be made";
    3006 CouldNotAsk "the user could not be asked";
    3007 DatabaseNewer "the database was written by a newer version";
    3008 DatabaseStale "the database is an old copy";
    3009 DatabaseMissing "there is no database here";
    3010 DatabaseCorrupt "the database is damaged";
    3011 Locked "another process uses this data directory";
    3012 PortTaken "the port is in use";
    3013 Crypto "the crypto library failed";
    3014 Recovering "this party was restored and waits for the operator's confirmation";
    3015 Overloaded "too much is waiting; try again later";
    3016 Pending "the outcome is not known yet";
    3017 Conflict "another node decided first; try again";
    3018 NoAnswer "there was no answer in time; nothing is held and nothing is owed: begin again, or elsewhere";
    3019 Ended "a party of this market ended by itself";
    // 4xxx misuse
    4001 AmountOverflow "the amount is beyond 2^53-1 minor units";
    4002 AmountNegative "the amount would be negative";
    4003 CurrencyMixed "the amounts are in different currencies";
    4004 PassphraseWrong "the pass phrase is wrong";
    4005 PassphraseWeak "the pass phrase is too short or too simple";
    4006 NotFound "there is no such thing here";
    4007 KeyMissing "there is no such key in the key store";
    4008 StateWrong "this cannot be done in the present state";
    4009 Usage "the command was used wrongly";
    4010 FileWrong "the file cannot be used for this";
    4011 RecoveryWords "the recovery words are wrong";
}

impl Code {
    /// The stable number.
    #[must_use]
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The code with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Code::ALL.iter().copied().find(|code| code.number() == number)
    }
}

macro_rules! family {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name { code: Code, detail: Box<str> }

        impl $name {
            /// `detail` names the field, file or value meant; it is cut to the text limit and must
            /// never hold a secret.
            #[must_use]
            pub fn new(code: Code, detail: impl AsRef<str>) -> Self {
                $name { code, detail: cut(detail.as_ref()).into() }
            }
            /// The stable code.
            #[must_use]
            pub fn code(&self) -> Code { self.code }
            /// What exactly; may be empty.
            #[must_use]
            pub fn detail(&self) -> &str { &self.detail }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write_code(f, self.code, &self.detail)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{} {}", stringify!($name), self)
            }
        }
        impl std::error::Error for $name {}
        impl From<$name> for Error {
            fn from(inner: $name) -> Error { Error::$name(inner) }
        }
    };
}

family! {
    /// The peer broke the protocol.
    Violation
}
family! {
    /// Somebody was entitled to say no.
    Refusal
}
family! {
    /// Our disk, our network, or a third party failed.
    Fault
}
family! {
    /// The caller made a mistake.
    Misuse
}

/// Any of the four, for places where they meet.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Error {
    /// See [`Fault`].
    Fault(Fault),
    /// See [`Misuse`].
    Misuse(Misuse),
    /// See [`Refusal`].
    Refusal(Refusal),
    /// See [`Violation`].
    Violation(Violation),
}

impl Error {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Error::Fault(e) => e.code(),
            Error::Misuse(e) => e.code(),
            Error::Refusal(e) => e.code(),
            Error::Violation(e) => e.code(),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Fault(e) => e.fmt(f),
            Error::Misuse(e) => e.fmt(f),
            Error::Refusal(e) => e.fmt(f),
            Error::Violation(e) => e.fmt(f),
        }
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Fault(e) => std::fmt::Debug::fmt(e, f),
            Error::Misuse(e) => std::fmt::Debug::fmt(e, f),
            Error::Refusal(e) => std::fmt::Debug::fmt(e, f),
            Error::Violation(e) => std::fmt::Debug::fmt(e, f),
        }
    }
}

impl std::error::Error for Error {}

fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(TEXT_BYTES_MAX.min(400));
    text.get(..end).unwrap_or("")
}

fn write_code(f: &mut std::fmt::Formatter<'_>, code: Code, detail: &str) -> std::fmt::Result {
    write!(f, "{} [{}]", code.text(), code.number())?;
    if detail.is_empty() { Ok(()) } else { write!(f, ": {detail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_read_back() {
        for (at, code) in Code::ALL.iter().enumerate() {
            assert_eq!(Code::from_number(code.number()), Some(*code));
            assert!(Code::ALL.iter().skip(at + 1).all(|other| other.number() != code.number()));
        }
    }
}
