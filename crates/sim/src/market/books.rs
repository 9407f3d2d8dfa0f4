//! What stands on the books of customers.

use semper_base::{Blob64, Xid};
use semper_exchange::fair::dgp::seller::Seller;
use semper_services::common::exchange::{Run, xid_of};
use serde_json::{Value, json};

use super::{Deal, Market};
use crate::trouble::Trouble;
use crate::world::Who;

/// Deals on one party's books that are looked at.
const DEALS_MAX: usize = 100_000;

impl Market {
    /// Every deal on every wallet's books.
    pub fn deals(&mut self) -> Result<Vec<Deal>, Trouble> {
        let mut deals = Vec::new();
        for wallet in self.wallets.clone() {
            deals.extend(self.deals_of(wallet)?);
        }
        Ok(deals)
    }

    /// Every deal on a wallet's books, the newest last.
    pub fn deals_of(&mut self, wallet: Who) -> Result<Vec<Deal>, Trouble> {
        let rows = self.world.look(wallet, |transaction| transaction.scan("deal/", None, DEALS_MAX))?;
        let mut deals = Vec::new();
        for (key, row) in rows {
            let row: Value = serde_json::from_slice(&row).map_err(|e| Trouble::new(e.to_string()))?;
            let shop = row.get("shop").and_then(Value::as_str).and_then(|shop| self.world.named(shop));
            let shop = shop.ok_or_else(|| Trouble::new("a deal with nobody"))?;
            deals.push(Deal { wallet, shop, id: key.0.trim_start_matches("deal/").to_owned() });
        }
        Ok(deals)
    }

    /// Every exchange on a shop's books.
    pub fn sales(&mut self, shop: Who) -> Result<Vec<(Xid, Run<Seller>)>, Trouble> {
        let rows = self.world.look(shop, |transaction| transaction.scan("dgp/", None, DEALS_MAX))?;
        let mut sales = Vec::new();
        for (key, row) in rows {
            let Some(xid) = xid_of(&key) else { continue };
            sales.push((xid, serde_json::from_slice(&row).map_err(|e| Trouble::new(e.to_string()))?));
        }
        Ok(sales)
    }

    /// The file as the wallet reads it out.
    pub fn read_out(&mut self, deal: &Deal) -> Result<Vec<u8>, Trouble> {
        let mut file = Vec::new();
        let mut index = 0_u64;
        loop {
            let read = json!({ "command": "goods-read", "deal": deal.id, "index": index });
            let chunk = self.world.command(deal.wallet, &read)?;
            let data = chunk.get("data").cloned().unwrap_or_default();
            let data: Blob64 = serde_json::from_value(data).map_err(|e| Trouble::new(e.to_string()))?;
            file.extend_from_slice(&data.0);
            index += 1;
            if chunk.get("chunks").and_then(Value::as_u64).is_none_or(|chunks| index >= chunks) {
                return Ok(file);
            }
        }
    }
}
