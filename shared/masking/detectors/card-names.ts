/**
 * Words near sixteen digits that say whether they are a card's. The nearest word decides: `card id` is an id, and the
 * card of an `order` is a card. Names of neither kind (`value`, `number`) say nothing.
 */

const CARD =
  /^(?:cards?|cardno|cardnum|cardnumbers?|pan|pans|cc|ccn|ccnum|visa|mastercard|maestro|amex|discover|diners|jcb|unionpay|rupay|credit|debit|creditcard|debitcard|paid|pays?|payments?|charged?|refund(?:ed)?|cvv|cvc|expir(?:y|es|ation)|karten?|kreditkarten?|kartennummer|cartes?|tarjetas?|carta)$/;
const OTHER =
  /^(?:ids?|[ougp]id|guid|uuid|orders?|refs?|references?|invoices?|tracking|parcels?|shipments?|consignments?|waybill|awb|packages?|delivery|trace|traceid|span|spanid|batch|lot|serials?|sn|imei|imsi|iccid|meid|sku|ean|gtin|upc|isbn|barcode|items?|parts?|articles?|products?|tickets?|cases?|txn?|transactions?|requests?|req|correlation|sessions?|seq|sequence|offset|cursor|positions?|revision|rev|builds?|commit|hash|sha|digest|checksum|crc|times?|timestamp|ts|epoch|nonce|rows?|records?|documents?|docs?|assets?|devices?|sensors?|meters?|polic(?:y|ies)|claims?|jobs?|runs?|tasks?|threads?|messages?|msg|events?|counters?|counts?|totals?|sizes?|bytes|partitions?|shards?|nodes?|blocks?|posts?|snowflake|channels?|bookings?|reservations?|vouchers?|quotes?|contracts?|keys?|lsn|etag|version)$/;

/** How many words away a name still speaks of the number; what names something else must stand close. */
const CARD_REACH = 5;
const OTHER_REACH = 2;

/** `words`: the nearest last. True: a card's; false: something else's. */
export function nameOfNumber(words: readonly string[]): boolean | undefined {
  const near = words.slice(-CARD_REACH).reverse();
  const card = near.findIndex((word) => CARD.test(word));
  const other = near.slice(0, OTHER_REACH).findIndex((word) => OTHER.test(word));
  if (other !== -1 && (card === -1 || other < card)) return false;
  return card === -1 ? undefined : true;
}
