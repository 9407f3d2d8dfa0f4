//! Where the user wants goods.
//!
//! ```text
//! address/home    as given last
//! ```

use semper_base::code::Code;
use semper_base::{Error, Key, Misuse};
use semper_commerce::process::mail_order::Address;
use serde_json::{Value, json};

use crate::common::{Desk, rows};

fn row() -> Key {
    Key::new("address", "home")
}

/// `{"command":"address-book","set"?:{…}}`: where goods go unless an order says otherwise.
pub(in crate::wallet) fn address_book(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    if let Some(address) = request.get("set") {
        set(address, desk)?;
    }
    Ok(json!({ "address": home(desk)? }))
}

/// The address that was given last.
pub(super) fn home(desk: &Desk<'_, '_>) -> Result<Option<Address>, Error> {
    Ok(rows::get(desk.tx, &row())?)
}

/// Checks an address and remembers it.
pub(super) fn set(value: &Value, desk: &mut Desk<'_, '_>) -> Result<Address, Error> {
    let address: Address =
        serde_json::from_value(value.clone()).map_err(|e| Misuse::new(Code::FieldWrong, format!("address: {e}")))?;
    address.check().map_err(|wrong| Misuse::new(wrong.code(), wrong.detail()))?;
    rows::put(desk.tx, row(), &address)?;
    Ok(address)
}
