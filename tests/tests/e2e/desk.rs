//! The commands of somebody who trades all day, beside a running exchange: stops, changes, lists, controls.

use cloister_cli::replay::ReplayMarket;
use cloister_client_core::{amount::Decimal, trader::Trader};
use cloister_sequencer_rpc::types::AccountInfo;
use cloister_tests::leaving::Wallet;
use std::{
    io::Write,
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;

/// How long something may take that happens by itself within seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A wallet with an account that holds no position and has no orders.
struct Desk<'a> {
    wallet: &'a Wallet,
    market: &'a ReplayMarket,
    trader: &'a Trader,
}

/// Trades without a fill, and says what became of everything.
pub async fn should_be_told_apart(wallet: &Wallet, market: &ReplayMarket, trader: &Trader) {
    let desk = Desk { wallet, market, trader };
    desk.stops_should_wait_and_move().await;
    desk.changes_should_keep_a_place_or_not().await;
    desk.own_orders_should_not_trade_with_each_other().await;
    desk.lists_should_end_with_what_became_of_them().await;
    desk.cancels_should_say_what_they_found().await;
    desk.controls_should_be_obeyed().await;
    desk.a_switch_should_be_renewed_while_its_command_runs().await;
    wallet.says(0, &["notices"], &["no notices"]).await;
    let left = desk.account().await;
    assert!(
        left.open_orders.is_empty() && left.waiting_orders.is_empty(),
        "{left:?}"
    );
}

/// The id in `order 17: ..`.
fn id_in(said: &str) -> String {
    let after = said.split("order ").nth(1).expect("an order");
    after.chars().take_while(char::is_ascii_digit).collect()
}

impl Desk<'_> {
    /// The mark, moved by so many thousandths, in the unit of the underlying.
    fn price(&self, thousandths: u64) -> String {
        let mark = self.market.instrument.mark();
        let moved = mark / 1_000 * thousandths;
        let price: Decimal = self.market.instrument.lot.unit_price(moved);
        price.to_string()
    }

    async fn account(&self) -> AccountInfo {
        self.market.sequencer.account(self.trader).await.expect("shown")
    }

    /// Sends an order of 0.002 and returns its id.
    async fn order(&self, code: i32, side: &str, more: &[&str], parts: &[&str]) -> String {
        let common = ["order", side, "--instrument", "BTC-PERP", "--quantity", "0.002"];
        let said = self.wallet.says(code, &[&common, more].concat(), parts).await;
        id_in(&said)
    }

    async fn stops_should_wait_and_move(&self) {
        let (low, lower, high) = (self.price(950), self.price(940), self.price(1_020));
        let waits = format!("0.002 waits for a mark at or below {low}");
        let stop = self.order(0, "sell", &["--market", "--stop-at", &low], &[&waits]).await;
        let profit = ["--price", &high, "--take-profit-at", &high];
        let waits = format!("0.002 waits for a mark at or above {high}");
        self.order(0, "sell", &profit, &[&waits]).await;
        // Each on the wrong side of the mark.
        for wrong in [["--stop-at", &high], ["--take-profit-at", &low]] {
            let common = ["order", "sell", "--instrument", "1", "--quantity", "0.002", "--market"];
            let parts = ["the order would not wait"];
            self.wallet.says(3, &[&common[..], &wrong].concat(), &parts).await;
        }
        let shown = [
            "waits",
            "at or below",
            &low,
            "at or above",
            &high,
            "immediate-or-cancel",
        ];
        self.wallet.says(0, &["account"], &shown).await;

        let moved = ["amend", "--id", &stop, "--trigger-at", &lower];
        let waits = format!("0.002 waits for a mark at or below {lower}");
        self.wallet.says(0, &moved, &[&waits]).await;
        assert_eq!(self.account().await.waiting_orders.len(), 2);
        let cleared = ["order", "it was cancelled"];
        self.wallet
            .says(0, &["clear"], &["orders taken out of the book: 0"])
            .await;
        self.wallet.says(0, &["clear", "--waiting"], &cleared).await;
        self.wallet.says(13, &moved, &["neither rests nor waits"]).await;
    }

    async fn changes_should_keep_a_place_or_not(&self) {
        let (low, lower) = (self.price(990), self.price(980));
        let first = self.order(0, "buy", &["--price", &low], &["0.002 at rest"]).await;
        let smaller = ["amend", "--id", &first, "--quantity", "0.001"];
        let parts = ["keeps its place in the queue", "0.001 at rest"];
        let said = self.wallet.says(0, &smaller, &parts).await;
        let second = said.split(" is order ").nth(1).expect("its new id");
        let second: String = second.chars().take_while(char::is_ascii_digit).collect();
        assert_eq!(
            second.parse::<u64>().expect("an id") % 512,
            first.parse::<u64>().expect("an id") % 512
        );
        let cheaper = ["amend", "--id", &second, "--price", &lower];
        let said = self.wallet.says(0, &cheaper, &["0.001 at rest"]).await;
        assert!(!said.contains("keeps its place"), "{said}");
        // The first is gone with its change, and so is the second.
        self.wallet.says(13, &smaller, &["neither rests nor waits"]).await;
        let trigger = [
            "amend",
            "--id",
            &id_in(said.split(" is ").nth(1).expect("an id")),
            "--trigger-at",
            &low,
        ];
        self.wallet.says(3, &trigger, &["does not wait for a mark"]).await;
        self.wallet
            .says(0, &["clear", "--side", "sell"], &["orders taken out of the book: 0"])
            .await;
        self.wallet
            .says(0, &["clear", "--side", "buy"], &["orders taken out of the book: 1"])
            .await;
    }

    async fn own_orders_should_not_trade_with_each_other(&self) {
        let price = self.price(990);
        let bid = self.order(0, "buy", &["--price", &price], &["0.002 at rest"]).await;
        let newest = ["--price", &price, "--ioc"];
        let own = format!("against the account's own order {bid}");
        self.order(3, "sell", &newest, &[&own]).await;
        let oldest = ["--price", &price, "--self-trade", "oldest"];
        let gone = format!("order {bid} left the book");
        let ask = self.order(0, "sell", &oldest, &["0.002 at rest", &gone]).await;
        let both = ["--price", &price, "--self-trade", "both"];
        let gone = format!("order {ask} left the book");
        self.order(8, "buy", &both, &["nothing of it was filled", &gone]).await;
        assert!(self.account().await.open_orders.is_empty());
    }

    async fn lists_should_end_with_what_became_of_them(&self) {
        let list = |lines: &[String]| {
            let mut file = NamedTempFile::new().expect("a file");
            writeln!(file, "{}", lines.join("\n")).expect("written");
            file
        };
        let (bid, ask) = (self.price(985), self.price(1_015));
        let order = |side: &str, price: &str| {
            format!("order {side} --instrument BTC-PERP --quantity 0.002 --price {price} --post-only")
        };
        let quotes = list(&[
            "# quotes".into(),
            order("buy", &bid),
            String::new(),
            order("sell", &ask),
        ]);
        let path = |file: &NamedTempFile| file.path().to_str().expect("a path in UTF-8").to_owned();
        let parts = ["line 2:", "line 4:", "0.002 at rest"];
        let said = self.wallet.says(0, &["list", &path(&quotes)], &parts).await;
        let first = id_in(&said);
        assert_eq!(self.account().await.open_orders.len(), 2);
        // The best prices go on to another one, and one cancel finds nothing.
        let change = list(&[
            format!("cancel --id {first}"),
            "cancel --id 400000".into(),
            order("buy", &ask),
        ]);
        let parts = [
            "is cancelled",
            "line 2:",
            "no instruction with id 400000 is known",
            "line 3:",
        ];
        let said = self.wallet.says(14, &["list", &path(&change)], &parts).await;
        assert!(said.contains("would trade at once"), "{said}");
        let nothing = list(&[format!("cancel --id {first}")]);
        self.wallet
            .says(13, &["list", &path(&nothing)], &["gone already"])
            .await;
        let wrong = list(&[order("buy", &bid), order("buy", "0.00001")]);
        let parts = ["line 2:", "nothing was sent"];
        self.wallet.says(1, &["list", &path(&wrong)], &parts).await;
        assert_eq!(self.account().await.open_orders.len(), 1);
        self.wallet
            .says(
                0,
                &["clear", "--instrument", "BTC-PERP"],
                &["orders taken out of the book: 1"],
            )
            .await;
    }

    async fn cancels_should_say_what_they_found(&self) {
        let id = self
            .order(0, "buy", &["--price", &self.price(990)], &["0.002 at rest"])
            .await;
        // An id of the same slot that nobody has used takes nothing away.
        let above = (id.parse::<u64>().expect("an id") + 512).to_string();
        let unused = ["cancel", "--id", &above];
        let takes = format!("takes the slot of order {id}");
        self.wallet.says(3, &unused, &[&takes]).await;
        assert_eq!(self.account().await.open_orders.len(), 1);
        let cancelled = format!("order {id} is cancelled");
        self.wallet.says(0, &["cancel", "--id", &id], &[&cancelled]).await;
        self.wallet.says(13, &["cancel", "--id", &id], &["gone already"]).await;
        let unknown = ["cancel", "--id", "400000"];
        self.wallet.says(13, &unknown, &["no instruction with id 400000"]).await;
        let annulled = ["annul", "--id", "400000"];
        self.wallet.says(0, &annulled, &["id 400000 is void"]).await;
    }

    async fn controls_should_be_obeyed(&self) {
        let protect = ["protect", "--instrument", "BTC-PERP"];
        let with = |more: &[&'static str]| [&protect[..], more].concat();
        let bounds = with(&["--max-quantity", "1", "--max-delta", "0.5", "--window", "1s"]);
        self.wallet.says(0, &bounds, &["are protected"]).await;
        self.wallet.says(0, &with(&["--reset"]), &["begins anew"]).await;
        self.wallet
            .says(0, &with(&["--off"]), &["not protected any more"])
            .await;
        let none = with(&["--max-quantity", "0", "--window", "1s"]);
        self.wallet.says(3, &none, &["above 0"]).await;
        let fine = with(&["--max-quantity", "0.0000001", "--window", "1s"]);
        self.wallet
            .says(1, &fine, &["not a whole number of lots of 0.001"])
            .await;

        // Set once, and not renewed.
        self.order(0, "buy", &["--price", &self.price(990)], &["0.002 at rest"])
            .await;
        let once = ["dead-man", "--after", "1s", "--once"];
        self.wallet.says(0, &once, &["orders leave after 1 s"]).await;
        let begin = Instant::now();
        while !self.account().await.open_orders.is_empty() {
            assert!(begin.elapsed() < PATIENCE, "the switch does not act");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn a_switch_should_be_renewed_while_its_command_runs(&self) {
        let mut running = self
            .wallet
            .spawn(&["dead-man", "--after", "30s", "--waiting", "--off-at-end"]);
        let begin = Instant::now();
        let mut seen = Vec::new();
        while seen.len() < 2 {
            assert!(begin.elapsed() < PATIENCE, "the switch is not renewed: {seen:?}");
            let at = self.account().await.dead_man_at;
            if at.is_some() && seen.last() != Some(&at) {
                seen.push(at);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert!(seen[0] < seen[1], "{seen:?}");
        // Other commands use the wallet meanwhile.
        self.wallet
            .says(0, &["account"], &["orders leave in", "unless it is renewed"])
            .await;
        running.interrupt().await;
        assert!(running.ended().await.success());
        self.wallet.says(0, &["account"], &["dead man's switch", "off"]).await;
    }
}
