//! What holds after a step of any machine.

use std::fmt::Debug;

use semper_base::{Error, Step};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Ends a step: a rejected one leaves no trace, and every state can be stored.
pub(crate) fn after<M, E>(before: &M, stepped: Result<Step<M>, Error>, out: &mut Vec<E>) -> M
where
    M: Clone + Debug + PartialEq + Serialize + DeserializeOwned,
    E: Debug,
{
    match stepped {
        Ok(Step::Advance(next)) => {
            let row = serde_json::to_vec(&next).expect("a state can be stored");
            let stored: M = serde_json::from_slice(&row).expect("a stored state can be read");
            assert_eq!(stored, next, "a state that changes when it is stored");
            stored
        }
        Ok(Step::Reject(state, _)) => {
            assert_eq!(&state, before, "a rejected step changed the state");
            assert!(out.is_empty(), "a rejected step has effects: {out:?}");
            state
        }
        Err(Error::Fault(fault)) => panic!("nothing of ours is broken here: {fault}"),
        // The driver drops the effects.
        Err(_) => {
            out.clear();
            before.clone()
        }
    }
}
