use testbed::*;
use testbed::primitives::U256;
fn main(){
  let mut w=World::new(&Options::default());
  println!("deployed {:?}", w.deployment.code_size);
  let alice=actor("alice"); let bob=actor("bob"); let k=actor("keeper");
  let d=w.deposit(alice, 10*WAD).expect("deposit"); println!("deposit gas {} entry {}", d.receipt.gas_used, d.entry_gas());
  let d=w.deposit(bob, 10*WAD).expect("deposit"); println!("deposit2 gas {} entry {}", d.receipt.gas_used, d.entry_gas());
  w.chain.warp(13*HOUR); w.set_price(2000*WAD);
  let o=w.send(k,&Abi::openEpochCall{}).expect("open"); println!("open gas {} {:?}", o.receipt.gas_used, o.value);
  for i in 0..3u64 { let s=w.view(&Abi::seriesCall{id:U256::from(256+i)}); println!("{:?}",s); }
  for i in 0..3u64 { let b=w.buy(bob,U256::from(256+i),6*WAD); match b {Ok(b)=>println!("buy gas {} entry {} premium {:?}", b.receipt.gas_used,b.entry_gas(), b.value),Err(e)=>println!("buy refused {e:?}")} }
  println!("{:?}", w.simulate(k,&Abi::previewRebalanceCall{}).map(|d|d.value));
  let r=w.send(k,&Abi::rebalanceCall{}).expect("rebalance"); println!("rebalance gas {} {:?}", r.receipt.gas_used, r.value);
  for f in &r.receipt.frames { println!("{}{:?} {:?} {} gas {}", " ".repeat(f.depth), f.kind, f.call, f.to, f.gas_used); }
  println!("{:?}", w.ledger());
  w.chain.warp(DAY); w.set_price(2300*WAD);
  let r=w.send(k,&Abi::rebalanceCall{}).expect("rebalance"); println!("rebalance gas {} {:?}", r.receipt.gas_used, r.value);
  let e=w.view(&Abi::epochCall{});
  let t:u64=e.expiry.to(); w.chain.set_time(t-100); w.set_price(2400*WAD); let rid=w.feed.latest(&w.chain).unwrap().round_id;
  w.chain.set_time(t+200); w.set_price(2410*WAD);
  let s=w.send(k,&Abi::settleCall{roundId: testbed::primitives::aliases::U80::from(rid)}).expect("settle"); println!("settle gas {} {:?}", s.receipt.gas_used, s.value);
  for i in 0..3u64 { let x=w.send(bob,&Abi::exerciseCall{id:U256::from(256+i),amount:U256::from(6*WAD),receiver:bob}).expect("ex"); println!("exercise gas {} {} {}", x.receipt.gas_used,x.value.assets,x.value.quote); }
  println!("{:?}", w.ledger());
  match w.send(k,&Abi::rebalanceCall{}) {Ok(r)=>println!("convert gas {} {:?}", r.receipt.gas_used, r.value),Err(e)=>println!("{e:?}")}
  let r=w.send(k,&Abi::rollCall{}).expect("roll"); println!("roll gas {}", r.receipt.gas_used);
  for a in [alice,bob] { let sh=w.view(&Abi::balanceOf_0Call{owner:a}); let x=w.send(a,&Abi::redeemCall{shares:sh,receiver:a,owner:a}).expect("redeem"); println!("redeem gas {} {}", x.receipt.gas_used,x.value); }
  println!("{:?} {:?}", w.ledger(), w.balances(w.vault));
}
