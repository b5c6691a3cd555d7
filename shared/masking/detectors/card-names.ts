/**
 * Words near sixteen digits that say whether they are a card's. The nearest word decides: `card id` is an id, and the
 * card of an `order` is a card. Names of neither kind (`value`, `number`) say nothing.
 */

const CARD =
  /^(?:cards?|cardno|cardnum|cardnumbers?|pan|pans|cc|ccn|ccnum|visa|mastercard|maestro|amex|discover|diners|jcb|unionpay|rupay|credit|debit|creditcard|debitcard|paid|pays?|payments?|charged?|refund(?:ed)?|cvv|cvc|expir(?:y|es|ation)|karten?|kreditkarten?|kartennummer|cartes?|tarjetas?|carta)$/;
const OTHER =
  /^(?:ids?|[ougp]id|guid|uuid|orders?|refs?|references?|invoices?|tracking|parcels?|shipments?|consignments?|waybill|awb|packages?|delivery|trace|traceid|span|spanid|batch|lot|serials?|sn|imei|imsi|iccid|meid|sku|ean|gtin|upc|isbn|barcode|items?|parts?|articles?|products?|tickets?|cases?|txn?|transactions?|requests?|req|correlation|sessions?|seq|sequence|offset|cursor|positions?|revision|rev|builds?|commit|hash|sha|digest|checksum|crc|times?|timestamp|ts|epoch|nonce|rows?|records?|documents?|docs?|assets?|devices?|sensors?|meters?|polic(?:y|ies)|claims?|jobs?|runs?|tasks?|threads?|messages?|msg|events?|counters?|counts?|totals?|sizes?|bytes|partitions?|shards?|nodes?|blocks?|posts?|snowflake|channels?|bookings?|reservations?|vouchers?|quotes?|contracts?|keys?|lsn|etag|version)$/;

export function nameOfNumber(words: readonly string[]): boolean | undefined {
  for (let index = words.length - 1; index >= 0; index -= 1) {
    const word = words[index] ?? '';
    if (CARD.test(word)) return true;
    if (OTHER.test(word)) return false;
  }
  return undefined;
}
