//! Every bound that is not part of a protocol's own descriptor, by name. A size without a row here
//! is a size that an attacker chooses.

/// Largest integer in anything signed (2^53-1): what every JSON reader keeps exactly.
pub const INTEGER_MAX: u64 = 9_007_199_254_740_991;
/// Deepest nesting of JSON that we read.
pub const JSON_DEPTH_MAX: usize = 16;
/// Largest JSON text that we read as one value, in bytes.
pub const JSON_BYTES_MAX: usize = 1 << 20;
/// Most members of one JSON object or elements of one array.
pub const JSON_ITEMS_MAX: usize = 4096;
/// Longest string inside a signed payload, in bytes, where no field says otherwise.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Largest signed statement (compact JWS), in bytes.
pub const STATEMENT_BYTES_MAX: usize = 256 << 10;
/// Largest protected header of a statement, in bytes.
pub const HEADER_BYTES_MAX: usize = 1024;
/// Most references from one statement to earlier ones.
pub const REFS_MAX: usize = 16;
/// Largest body of one message between parties, in bytes: an escrow request with its statements.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Most messages in one delivery to or from a peer.
pub const DELIVERY_MESSAGES_MAX: usize = 64;
/// Acknowledgements that wait in memory for the party's next commit; from half of it on they do not wait any longer.
pub const ACKS_WAITING_MAX: usize = 1024;
/// How long they wait for it, in milliseconds, before they have a commit of their own.
pub const ACKS_WAIT_MS: u64 = 5_000;
/// Largest body of one HTTP request between parties, in bytes.
pub const DELIVERY_BYTES_MAX: usize = 8 << 20;
/// Most messages that wait for one peer; a protocol step that would exceed it is refused.
pub const OUTBOX_PER_PEER_MAX: u64 = 4096;
/// How many of a peer's latest numbers the inbox remembers with hash and outcome: all that the peer
/// may still have waiting.
pub const INBOX_WINDOW: u64 = OUTBOX_PER_PEER_MAX;
/// Most expired messages that one batch clears away.
pub const OUTBOX_PURGE_MAX: usize = 256;
/// How far a party that was restored from a backup moves its sequence numbers on, so that it never
/// uses again one that the lost database had used.
pub const RESTORE_SEQ_JUMP: u64 = 1 << 32;
/// How long an unacknowledged message is kept (milliseconds): 90 days.
pub const OUTBOX_AGE_MAX_MS: u64 = 90 * 86_400_000;
/// Most events that one commit may carry.
pub const BATCH_EVENTS_MAX: usize = 512;
/// Most effects that one step may cause.
pub const EFFECTS_PER_STEP_MAX: usize = 128;
/// Most records of one peer's misbehaviour that are kept per day.
pub const MISDEEDS_PER_PEER_DAY_MAX: u64 = 32;
/// Most records of misbehaviour that are kept per day over all peers: whoever can take a new key for
/// every connection is many peers.
pub const MISDEEDS_PER_DAY_MAX: u64 = 1024;
/// Receivers of one step that are considered when a full queue makes a register drop something: those of
/// one exchange.
pub const RECEIVERS_SHED_MAX: usize = 16;
/// Exchanges without money, and accounts, that one peer without certificate may begin at a bank per day.
pub const IDLE_PER_STRANGER_DAY_MAX: u64 = 64;
/// The same over all peers without certificate: whoever can draw keys is many peers.
pub const IDLE_OF_STRANGERS_DAY_MAX: u64 = 10_000;
/// The same for one peer with a certificate.
pub const IDLE_PER_PEER_DAY_MAX: u64 = 10_000;
/// How long a wallet waits for an offer (milliseconds): an hour.
pub const OFFER_WAIT_MS: u64 = 3_600_000;
/// How long a wallet waits for the acceptance of an order (milliseconds): a day, in which a shop encrypts
/// the largest file on a slow disk.
pub const ACCEPTANCE_WAIT_MS: u64 = 86_400_000;
/// Messages of one peer that may wait for a newer revocation list.
pub const PARKED_PER_PEER_MAX: usize = 16;
/// The same over all peers.
pub const PARKED_MAX: usize = 512;
/// Offers of a shop that one peer may leave unanswered at the same time.
pub const OFFERS_OPEN_PER_PEER_MAX: u64 = 32;
/// Offers of a shop that may stand at the same time.
pub const OFFERS_OPEN_MAX: u64 = 10_000;
/// Sales to one certified buyer that a shop encrypts and keeps although no money is held yet.
pub const SALES_UNPAID_PER_BUYER_MAX: u64 = 8;
/// The same over all buyers.
pub const SALES_UNPAID_MAX: u64 = 1_000;
/// Bytes of goods that a shop has encrypted at the same time for sales without money.
pub const SALES_UNPAID_BYTES_MAX: u64 = 16 * FILE_BYTES_MAX;
/// Most bytes kept of one offending message.
pub const MISDEED_BYTES_MAX: usize = 64 << 10;
/// Most peers that may be bound by a hello without a certificate.
pub const PEERS_MAX: u64 = 100_000;
/// Peers that are looked at when one of them must make room for another.
pub const PEERS_DRAWN_MAX: usize = 64;
/// Connections at the same time whose key has sent no hello yet.
pub const STRANGERS_MAX: usize = 16;
/// Connections at the same time in all.
pub const CONNECTIONS_MAX: usize = 1024;
/// Longest that a long poll is held open (milliseconds).
pub const POLL_WAIT_MAX_MS: u64 = 20_000;
/// Plain bytes in one chunk of a delivery.
pub const CHUNK_BYTES: u32 = 64 << 10;
/// Largest stored chunk: the plain bytes, what sealing adds, and its place with both audit paths.
pub const CHUNK_SLOT_BYTES: usize = CHUNK_BYTES as usize + (8 << 10);
/// Most chunks of one blob.
pub const CHUNKS_PER_BLOB_MAX: u64 = FILE_BYTES_MAX / CHUNK_BYTES as u64;
/// Largest file that one exchange can sell, in bytes: 4 GiB.
pub const FILE_BYTES_MAX: u64 = 4 << 30;
/// Most chunks that a buyer may ask for at once.
pub const CHUNK_WINDOW_MAX: u64 = 32;
/// Most chunks of one file: the largest file in full chunks.
pub const LEAVES_MAX: u64 = FILE_BYTES_MAX / CHUNK_BYTES as u64;
/// Most hashes in an audit path: doublings up to the most chunks.
pub const AUDIT_PATH_MAX: usize = LEAVES_MAX.trailing_zeros() as usize;
/// Largest complaint about a delivered file (JSON), in bytes: a chunk in base64, two audit paths, the key.
pub const COMPLAINT_BYTES_MAX: usize = 92 << 10;
/// Largest sealed half of a content key, in bytes; ours have 145.
pub const ESCROW_BYTES_MAX: usize = 1024;
/// Largest certificate (DER), in bytes.
pub const CERTIFICATE_BYTES_MAX: usize = 8 << 10;
/// Certificates that one snapshot of trust remembers having read.
pub const CERTIFICATES_SEEN_MAX: usize = 256;
/// Bytes of descriptors of one kind that a snapshot of trust remembers having read, beside what they say.
pub const DESCRIPTORS_KNOWN_BYTES_MAX: usize = 512 << 10;
/// Longest display name or organisation identifier in a certificate, in characters (RFC 5280 appendix A).
pub const CERTIFICATE_NAME_CHARS_MAX: usize = 64;
/// Most host names in one server certificate.
pub const CERTIFICATE_DNS_MAX: usize = 8;
/// Longest URI in anything signed, in bytes.
pub const URI_BYTES_MAX: usize = 512;
/// Largest PEM text of one object, in bytes: base64 and line ends of the largest revocation list.
pub const PEM_BYTES_MAX: usize = 3 << 19;
/// Longest certificate path, root included.
pub const PATH_CERTIFICATES_MAX: usize = 4;
/// Largest revocation list (DER), in bytes.
pub const CRL_BYTES_MAX: usize = 1 << 20;
/// Largest request for a time stamp (DER), in bytes; ours have under 80, with a policy and extensions some hundred.
pub const STAMP_REQUEST_BYTES_MAX: usize = 1 << 10;
/// Largest time stamp, or answer that carries one (DER), in bytes: the largest certificate and what stands around it.
pub const STAMP_BYTES_MAX: usize = CERTIFICATE_BYTES_MAX + (2 << 10);
/// Stamps that a notary makes for one peer, or for all the clients of its page together, in one minute.
pub const STAMPS_PER_MINUTE_MAX: u64 = 60;
/// Peers whose stamps are counted in one minute; more than these wait for the next.
pub const STAMP_PEERS_MAX: usize = 1_000;
/// Requests for stamps that may wait for the notary's answer at the same time.
pub const STAMPS_WAITING_MAX: usize = 64;
/// Stamps of one subject, and hashes that one of them covers, in an evidence pack.
pub const STAMPS_PER_SUBJECT_MAX: usize = 32;
/// Longest nonce or serial number of a time stamp, in bytes (RFC 3161 section 2.4.2: serials to 160 bits).
pub const STAMP_NUMBER_BYTES_MAX: usize = 20;
/// Largest evidence pack, in bytes.
pub const PACK_BYTES_MAX: u64 = 64 << 20;
/// Most statements in an evidence pack that were refused when they came.
pub const TEXTS_REFUSED_MAX: usize = 32;
/// Most members of an evidence pack.
pub const PACK_MEMBERS_MAX: usize = 512;
/// Shortest pass phrase that the key store accepts, in characters.
pub const PASSPHRASE_CHARS_MIN: usize = 12;
/// Dialogs that may wait for the user at the same time.
pub const DIALOGS_WAITING_MAX: usize = 64;
/// First pause before a question that could not be put is put again (milliseconds).
pub const ASK_AGAIN_FIRST_MS: u64 = 2_000;
/// Longest such pause (milliseconds): ten minutes.
pub const ASK_AGAIN_MAX_MS: u64 = 600_000;
/// Links to documents in one offer.
pub const OFFER_LINKS_MAX: usize = 8;
/// Longest id of an item in an offer, in characters.
pub const OFFER_ID_CHARS_MAX: usize = 128;
/// Longest title of an item in an offer, in characters.
pub const OFFER_TITLE_CHARS_MAX: usize = 300;
/// Longest address of a document, in characters.
pub const URL_CHARS_MAX: usize = 512;
/// Rounds in which a step is run again because another node wrote the register row first.
pub const STEP_RETRIES_MAX: usize = 3;
/// Relationships that one party may open itself.
pub const LINKS_MAX: usize = 64;
/// Notaries that a party names to another.
pub const NOTARIES_NAMED_MAX: usize = 16;
/// Jobs that wait for a party's writer; one more is answered "try again later".
pub const WRITER_QUEUE_MAX: usize = 1024;
/// Largest body of a hello: one statement and a certificate path, as JSON.
pub const HELLO_BYTES_MAX: usize = 320 << 10;
/// How long a connection may stay without a hello (milliseconds).
pub const HELLO_WAIT_MS: u64 = 10_000;
/// Connections that wait until one of [`STRANGERS_MAX`] places is free.
pub const STRANGERS_WAITING_MAX: usize = 128;
/// Connections of one peer at the same time.
pub const CONNECTIONS_PER_PEER_MAX: usize = 8;
/// Request bodies in memory at the same time, in bytes, over all connections.
pub const BODIES_BYTES_MAX: usize = 64 << 20;
/// Most message bytes that are put into one delivery to a peer.
pub const DELIVERY_FILL_BYTES: usize = 2 << 20;
/// How long a read or write on a connection may stand still (milliseconds).
pub const STALL_MAX_MS: u64 = 30_000;
/// How long a connection may be kept without a request (milliseconds).
pub const CONNECTION_IDLE_MAX_MS: u64 = 75_000;
/// Longest pause between two attempts to reach a peer (milliseconds).
pub const PATIENCE_MAX_MS: u64 = 30_000;
/// How old a connection that we opened may become before hello is said anew over another one
/// (milliseconds): six hours.
pub const SESSION_AGE_MAX_MS: u64 = 21_600_000;
/// Timers that are handled in one turn.
pub const TIMERS_PER_TURN_MAX: usize = 64;
/// Local programs connected to a party's control socket at the same time.
pub const CONTROL_CONNECTIONS_MAX: usize = 32;
/// Notices kept for a reader that is slow; beyond it the reader is let go.
pub const NOTICES_WAITING_MAX: usize = 256;
/// Most lines of one trusted screen.
pub const SCREEN_LINES_MAX: usize = 2048;
/// Largest text form of a trusted screen, in bytes.
pub const SCREEN_TEXT_BYTES_MAX: usize = 512 << 10;
/// Longest text of a dialog that is no statement, in characters.
pub const DIALOG_TEXT_CHARS_MAX: usize = 2000;
/// Most fields of one form.
pub const DIALOG_FIELDS_MAX: usize = 32;
/// Most entries to choose from.
pub const DIALOG_CHOICES_MAX: usize = 256;
/// Sessions of the trusted screen that may be open at the same time.
pub const SESSIONS_MAX: usize = 32;
/// Longest name of a session, in characters.
pub const SESSION_NAME_CHARS_MAX: usize = 40;
/// Most rules of access control.
pub const ACCESS_RULES_MAX: usize = 256;
/// Most postings of one entry of a bank's ledger.
pub const POSTINGS_MAX: usize = 8;
/// Most accounts that one key may have at one bank.
pub const ACCOUNTS_PER_KEY_MAX: usize = 16;
/// Highest balance, in minor units, up to which a bank gives out play money.
pub const PLAY_BALANCE_MAX: u64 = 1_000_000_000;
/// Most lines of one page of a statement of account.
pub const STATEMENT_LINES_MAX: usize = 100;
/// Most discrepancies that a check of a ledger lists; more are only counted.
pub const DISCREPANCIES_MAX: usize = 1000;
/// Rows that a check of a ledger reads at a time.
pub const LEDGER_PAGE: usize = 256;
/// Most purses of one user.
pub const PURSES_MAX: usize = 64;
/// Longest name of a purse, in characters.
pub const PURSE_NAME_CHARS_MAX: usize = 60;
/// Longest name of an account at a bank, in bytes.
pub const ACCOUNT_NAME_BYTES_MAX: usize = 64;
/// Longest id of a product of a catalogue, in characters: what feeds allow too.
pub const PRODUCT_ID_CHARS_MAX: usize = 50;
/// Longest short text of a product (brand, category, option ...), in characters.
pub const PRODUCT_TEXT_CHARS_MAX: usize = 200;
/// Longest description of a product, in bytes.
pub const PRODUCT_DESCRIPTION_BYTES_MAX: usize = 6000;
/// Longest address in a product, in bytes.
pub const PRODUCT_URL_BYTES_MAX: usize = 1024;
/// Most pictures of one product.
pub const PRODUCT_IMAGES_MAX: usize = 10;
/// Most options of a variant.
pub const PRODUCT_OPTIONS_MAX: usize = 5;
/// Most products of one catalogue.
pub const PRODUCTS_MAX: u64 = 200_000;
/// Most products that one command brings or asks for.
pub const PRODUCTS_PER_COMMAND_MAX: usize = 64;
/// Most lines of one order.
pub const ORDER_LINES_MAX: usize = 50;
/// Most changes that a price list names one by one.
pub const PRICE_CHANGES_SHOWN_MAX: usize = 20;
/// How long a pay-to reference can be paid to.
pub const PAY_TO_LIFE_MS: u64 = 90 * 86_400_000;
/// Most pay-to references of one account that nothing was paid to yet.
pub const PAY_TOS_OPEN_MAX: u64 = 4096;
/// First pause before a bank is asked again about a transfer.
pub const PAY_AGAIN_FIRST_MS: u64 = 600_000;
/// Longest such pause.
pub const PAY_AGAIN_MAX_MS: u64 = 86_400_000;
/// Most of one item in one line of an offer.
pub const OFFER_QUANTITY_MAX: u64 = 9_999;
/// Most shipments of one mail order.
pub const PARTS_MAX: usize = 32;
/// Most parts of one mail order whose money is locked.
pub const ESCROW_PARTS_MAX: usize = 8;
/// Longest line of an address, and longest name of a carrier or tracking number, in characters.
pub const ADDRESS_CHARS_MAX: usize = 80;
/// Longest reason of a complaint or cancellation, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// Orders of parcels of one certified buyer that wait for their first shipment.
pub const PARCELS_OPEN_PER_BUYER_MAX: u64 = 32;
/// Carts of a shop that may stand at the same time.
pub const CARTS_MAX: u64 = 10_000;
/// How long a cart stands (milliseconds): a day.
pub const CART_LIFE_MS: u64 = 86_400_000;
/// Most people of a shop's staff.
pub const STAFF_MAX: usize = 100;
/// Latest acts of staff that a shop lists; the archive keeps all of them.
pub const STAFF_ACTS_LISTED: u64 = 200;
/// Longest line with which a shop says what it sells, in characters.
pub const PROFILE_ABOUT_CHARS_MAX: usize = 500;
/// Most countries that a profile names.
pub const PROFILE_COUNTRIES_MAX: usize = 64;
/// Most languages that a profile names.
pub const PROFILE_LANGUAGES_MAX: usize = 8;
/// Most shops in a broker's directory.
pub const BROKER_SHOPS_MAX: u64 = 1_000;
/// Most products of one shop in a broker's directory.
pub const LISTINGS_PER_SHOP_MAX: u64 = PRODUCTS_MAX;
/// The same over all shops.
pub const LISTINGS_MAX: u64 = 1_000_000;
/// Most products in one message to a broker.
pub const LISTINGS_PER_MESSAGE_MAX: usize = 32;
/// Messages that a shop may send a broker in one day: every product four times.
pub const LISTING_MESSAGES_PER_DAY_MAX: u64 = 4 * LISTINGS_PER_SHOP_MAX / LISTINGS_PER_MESSAGE_MAX as u64;
/// Longest running text of a product in a broker's directory, in bytes.
pub const LISTING_TEXT_BYTES_MAX: usize = 500;
/// Hits of a broker's search that one answer has.
pub const BROKER_HITS_MAX: usize = 50;
/// Longest name of a log or witness, in bytes.
pub const LOG_NAME_BYTES_MAX: usize = 255;
/// Largest signed note, in bytes.
pub const NOTE_BYTES_MAX: usize = 16 << 10;
/// Most signatures of one note.
pub const NOTE_SIGNATURES_MAX: usize = 32;
/// Most hashes in a proof from a log: as many as a list of 2^63 leaves has levels.
pub const LOG_PROOF_HASHES_MAX: usize = 63;
/// How long after a decision its entry may be missing from the log's checkpoint (milliseconds): ten seconds.
pub const LOG_MERGE_DELAY_MS: u64 = 10_000;
/// How long a log gathers entries before it signs a checkpoint over them (milliseconds).
pub const LOG_SEAL_DELAY_MS: u64 = 1_000;
/// Entries that one step puts under a checkpoint.
pub const LOG_SEAL_ENTRIES_MAX: usize = 4096;
/// Witnesses that one log sends its checkpoints to.
pub const LOG_WITNESSES_MAX: usize = 16;
/// Logs that one witness follows.
pub const LOGS_FOLLOWED_MAX: usize = 64;
/// Longest text that says what a receipt is for, in bytes.
pub const RECEIPT_TEXT_BYTES_MAX: usize = 500;
/// How long a payment request that is made by hand may be paid, at most (milliseconds): thirty days.
pub const RECEIPT_LIFE_MS: u64 = 30 * 86_400_000;
/// Most parties of one exchange whose register is a notary.
pub const EXCHANGE_PARTIES_MAX: usize = 16;
/// Most parties of one that runs in rounds with all others: for so many its rules were looked at exhaustively.
pub const ROUNDS_PARTIES_MAX: usize = 5;
/// Most items of one such exchange.
pub const EXCHANGE_ITEMS_MAX: usize = 32;
/// Largest descriptor of such an exchange, in bytes: the most parties and items, and what stands around them.
pub const FRAME_DESCRIPTOR_BYTES_MAX: usize = 12 << 10;
/// Longest title of a contract, in characters.
pub const CONTRACT_TITLE_CHARS_MAX: usize = 200;
/// Longest text that says what a compensation is for, in characters.
pub const UNLESS_CHARS_MAX: usize = 500;
/// Longest text of a contract that does not lie in a file of its own, in bytes.
pub const CONTRACT_TEXT_BYTES_MAX: usize = 16 << 10;
/// Longest name of a file, in characters.
pub const FILE_NAME_CHARS_MAX: usize = 255;
/// Longest media type, in characters.
pub const MEDIA_TYPE_CHARS_MAX: usize = 100;
/// Largest contract file, in bytes: X, terms, a certificate of each party.
pub const CONTRACT_FILE_BYTES_MAX: usize = 768 << 10;
/// Contracts of a party that one answer lists.
pub const CONTRACTS_LISTED_MAX: usize = 1_000;
/// Promises that wait at a party because its owner has not seen the contract yet.
pub const EARLY_PROMISES_MAX: usize = 64;
/// Longest certified mail, in bytes, with what is attached to it.
pub const LETTER_BYTES_MAX: usize = 256 << 10;
/// Letters that a party has sealed for deals.
pub const LETTERS_SEALED_MAX: usize = 1_000;
/// Longest description of a content that is sold by file, in bytes.
pub const DATA_DESCRIPTION_BYTES_MAX: usize = 2_000;
/// Most files in a certified mail.
pub const LETTER_FILES_MAX: usize = 16;
/// Locks of one account that have not ended.
pub const LOCKS_OPEN_MAX: usize = 64;
/// Keys for whose locks one peer waits at a holder.
pub const LOCK_WATCHES_MAX: usize = 256;
/// Largest file with data on sale, in bytes: the sealed letter, the offer, a certificate.
pub const DATA_FILE_BYTES_MAX: usize = 512 << 10;
/// Data sold and bought that one answer lists.
pub const DATA_LISTED_MAX: usize = 1_000;
/// Most goods in one container, containers in it included.
pub const TRANSFER_GOODS_MAX: usize = 64;
/// Containers that may lie inside each other.
pub const TRANSFER_DEPTH_MAX: usize = 8;
/// Most bytes of all contents of one container: 64 MiB.
pub const TRANSFER_BYTES_MAX: u64 = 64 << 20;
/// Most chunks of all contents of one container: the most bytes in full chunks, and a broken one for each good.
pub const TRANSFER_CHUNKS_MAX: u64 = TRANSFER_BYTES_MAX / CHUNK_BYTES as u64 + TRANSFER_GOODS_MAX as u64;
/// Largest statement with its certificate, or certificate, inside a container, in bytes (JSON).
pub const TRANSFER_PAPER_BYTES_MAX: u64 = (STATEMENT_BYTES_MAX + 2 * CERTIFICATE_BYTES_MAX) as u64;
/// Transfers that one peer may have announced or begun, and that have not ended.
pub const TRANSFERS_OPEN_PER_PEER_MAX: usize = 8;
/// The same over all peers.
pub const TRANSFERS_OPEN_MAX: usize = 64;
/// Bytes of all contents that may be on their way to a party at the same time: 1 GiB.
pub const TRANSFERS_OPEN_BYTES_MAX: u64 = 1 << 30;
/// Transfers that one answer lists.
pub const TRANSFERS_LISTED_MAX: usize = 1_000;
