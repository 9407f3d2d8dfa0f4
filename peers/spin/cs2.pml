/*
 * Contract signing of two (CS2), for Spin: a second look at the protocol with another tool. Written from the
 * protocol's description, not from the program: who is wrong in both was wrong twice.
 *
 *   m1  A -> B  promise              a party writes down what it will do before it does it (disk), and after a
 *   m2  B -> A  promise, H(m1)       breakdown goes on from what is written down, sending the same bytes again
 *   m3  A -> B  signature, H(m1,m2)
 *   m4  B -> A  signature, H(m1,m2)  T: one row, written once, then told
 *
 * What was sent may arrive at any time, any number of times, or never: a message is a flag that stays. Whoever has
 * asked T gets its answer at some time.
 *
 *   -DBAD_A, -DBAD_B   that party says whatever it can make, in any order
 *   -DM_...            a rule is broken; see `run` in crates/exchange/tests/spin.rs for what must be found then
 */

#define OPEN 0
#define CONTRACT 1
#define NOTHING 2

#define NEW 0
#define PROMISED 1
#define SIGNED 2
#define ABORTING 3
#define RESOLVING 4

#define NIL 0
#define ABORTED 1
#define RESOLVED 2

bool m1, m2, m3, m4;
/* B has made m2; whether it sends it is another question. */
bool m2_made;
bool ask_abort, ask_abort_b, ask_resolve;
/* What T has told. */
bool cert_aborted, cert_resolved;
byte row = NIL;
byte a_disk = NEW, b_disk = NEW;
byte a_end = OPEN, b_end = OPEN;
byte crashes = 3;

#ifdef BAD_A
#define a_shows (m4 || cert_resolved)
#else
#define a_shows (a_end == CONTRACT || cert_resolved)
#endif
#ifdef BAD_B
#define b_shows (m3 || cert_resolved)
#else
#define b_shows (b_end == CONTRACT || cert_resolved)
#endif

#define MAY_CRASH if :: atomic { crashes > 0 -> crashes-- }; goto recover :: skip fi

proctype A()
{
recover:
	if
	:: a_end != OPEN -> goto over
	:: a_end == OPEN && a_disk == NEW -> skip
	:: a_end == OPEN && a_disk == PROMISED -> m1 = true; goto wait_m2
	:: a_end == OPEN && a_disk == SIGNED -> m3 = true; goto wait_m4
	:: a_end == OPEN && a_disk == ABORTING -> ask_abort = true; goto wait_t
	:: a_end == OPEN && a_disk == RESOLVING -> ask_resolve = true; goto wait_t
	fi;
	if
	:: a_end = NOTHING; goto over
	:: skip
	fi;
	a_disk = PROMISED;
	MAY_CRASH;
	m1 = true;
wait_m2:
	MAY_CRASH;
	if
	:: m2 -> goto sign
	:: goto abort
	fi;
abort:
#ifdef M_A_ABORT
	ask_abort = true;
	MAY_CRASH;
	a_disk = ABORTING;
#else
	a_disk = ABORTING;
	MAY_CRASH;
	ask_abort = true;
#endif
	goto wait_t;
sign:
#ifdef M_A_M3
	m3 = true;
	MAY_CRASH;
	a_disk = SIGNED;
#else
	a_disk = SIGNED;
	MAY_CRASH;
	m3 = true;
#endif
wait_m4:
	MAY_CRASH;
	if
	:: m4 -> a_end = CONTRACT; goto over
#ifndef M_A_WAITS
	:: a_disk = RESOLVING; MAY_CRASH; ask_resolve = true
#endif
	fi;
wait_t:
	MAY_CRASH;
	if
	:: cert_resolved -> a_end = CONTRACT
	:: cert_aborted -> a_end = NOTHING
#ifdef M_A_BACK
	:: m2 && a_disk == ABORTING -> goto sign
#endif
	fi;
over:
	skip
}

proctype B()
{
recover:
	if
	:: b_end != OPEN -> goto over
	:: b_end == OPEN && b_disk == NEW -> skip
	:: b_end == OPEN && b_disk == PROMISED -> m2_made = true; m2 = true; goto wait_m3
	:: b_end == OPEN && b_disk == SIGNED -> m4 = true; b_end = CONTRACT; goto over
	:: b_end == OPEN && b_disk == RESOLVING -> ask_resolve = true; goto wait_t
	fi;
	if
	:: m1 -> skip
	:: b_end = NOTHING; goto over
	fi;
#ifdef M_B_M2
	m2_made = true;
	m2 = true;
	MAY_CRASH;
	b_disk = PROMISED;
#else
	b_disk = PROMISED;
	MAY_CRASH;
	m2_made = true;
	m2 = true;
#endif
wait_m3:
	MAY_CRASH;
	if
	:: m3 -> goto sign
	:: b_disk = RESOLVING; MAY_CRASH; ask_resolve = true; goto wait_t
	fi;
sign:
	b_disk = SIGNED;
	MAY_CRASH;
	m4 = true;
	b_end = CONTRACT;
	goto over;
wait_t:
	MAY_CRASH;
	if
	:: cert_resolved -> b_end = CONTRACT
	:: cert_aborted -> b_end = NOTHING
	fi;
over:
	skip
}

/* Says whatever it can make of its own key and of what it has heard. */
proctype Bad_A()
{
	do
	:: m1 = true
	:: ask_abort = true
	:: m1 && m2 -> m3 = true
	:: m1 && m2 -> ask_resolve = true
#ifdef M_T_EMPTY
	:: m1 -> ask_resolve = true
#endif
	:: break
	od
}

proctype Bad_B()
{
	do
	:: m1 -> m2_made = true
	:: m2_made -> m2 = true
	:: m1 -> m4 = true
	:: m1 && m2_made -> ask_resolve = true
	:: ask_abort_b = true
	:: break
	od
}

#ifdef M_T_ABORT_B
#define wants_abort (ask_abort || ask_abort_b)
#else
#define wants_abort ask_abort
#endif
#ifdef M_T_EMPTY
#define may_resolve (ask_resolve && m1)
#else
#define may_resolve (ask_resolve && m1 && m2_made)
#endif

proctype T()
{
recover:
end_t:
	do
#ifdef M_T_TELLS_FIRST
	:: row == NIL && wants_abort -> cert_aborted = true; MAY_CRASH; row = ABORTED
	:: row == NIL && may_resolve -> cert_resolved = true; MAY_CRASH; row = RESOLVED
#else
	:: row == NIL && wants_abort -> row = ABORTED
	:: row == NIL && may_resolve -> row = RESOLVED
#endif
	:: row == ABORTED && !cert_aborted -> cert_aborted = true
	:: row == RESOLVED && !cert_resolved -> cert_resolved = true
	od
}

init {
	atomic {
#ifdef BAD_A
		run Bad_A();
#else
		run A();
#endif
#ifdef BAD_B
		run Bad_B();
#else
		run B();
#endif
		run T()
	}
}

ltl one_answer { [] !(cert_aborted && cert_resolved) }
#ifndef BAD_A
ltl fair_to_a { [] (a_end == NOTHING -> !b_shows) }
ltl timely_for_a { <> (a_end != OPEN) }
#endif
#ifndef BAD_B
ltl fair_to_b { [] (b_end == NOTHING -> !a_shows) }
ltl timely_for_b { <> (b_end != OPEN) }
#endif
