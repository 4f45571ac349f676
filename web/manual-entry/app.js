/* global document, window, sessionStorage, crypto, fetch, setTimeout, clearTimeout, URLSearchParams */
import { currencyDecimals, lineAmount, sumAmounts } from './totals.js';

/** Seconds to wait for the automatic part before showing where the order stands. */
const WAIT_SECONDS = 15;
const LOOK_UP_DELAY_MS = 250;

const byId = (id) => document.getElementById(id);
const valueOf = (id) => byId(id).value.trim();

/** One key for this form: sent twice, it is still one order. A changed order after an answer gets a new one. */
let idempotencyKey = crypto.randomUUID();
/** What was found in look-ups, by number. */
const customers = new Map();
const products = new Map();

async function call(path, options = {}) {
  const token = sessionStorage.getItem('token') ?? '';
  // What cannot stand in a header is nobody's.
  if (!/^[!-~]+$/.test(token)) throw new NotSignedIn();
  const headers = { Authorization: `Bearer ${token}`, ...options.headers };
  const response = await fetch(path, { ...options, headers, redirect: 'error' });
  if (response.status === 401) throw new NotSignedIn();
  return { status: response.status, body: await response.json() };
}

/** Nobody has the token. */
class NotSignedIn extends Error {}

/** Fills a list of choices while somebody types; what comes late for an older text is dropped. */
function createLookUp(path, list, found, { keyOf, labelOf, shown }) {
  let timer;
  let asked = '';
  return (text) => {
    clearTimeout(timer);
    asked = text.trim();
    if (asked === '' || found.has(asked)) return;
    timer = setTimeout(async () => {
      const question = asked;
      const { status, body } = await call(`${path}?${new URLSearchParams({ q: question, limit: '20' })}`).catch(() => ({
        status: 0,
      }));
      if (status !== 200 || question !== asked) return;
      for (const item of body.items) found.set(keyOf(item), item);
      list.replaceChildren(
        ...body.items.map((item) => createElement('option', { value: keyOf(item), textContent: labelOf(item) })),
      );
      shown?.();
    }, LOOK_UP_DELAY_MS);
  };
}

function createElement(name, members = {}, ...children) {
  const element = Object.assign(document.createElement(name), members);
  element.append(...children);
  return element;
}

const lookUpCustomer = createLookUp('/v1/customers', byId('customers'), customers, {
  keyOf: (customer) => customer.id,
  labelOf: (customer) => `${customer.name} (${customer.status}, ${customer.currency})`,
  shown: showCustomer,
});
const lookUpProduct = createLookUp('/v1/products', byId('products'), products, {
  keyOf: (product) => product.sku,
  labelOf: (product) => `${product.name}, ${product.available} ${product.unit} free`,
});

function showCustomer() {
  const customer = customers.get(valueOf('customer'));
  byId('customer-hint').textContent = customer
    ? `${customer.name}, ${customer.status.replace('_', ' ')}`
    : 'Type part of a number or name.';
  if (customer) byId('currency').value = customer.currency;
  updateTotals();
}

function addLine() {
  const item = byId('line').content.cloneNode(true).firstElementChild;
  const sku = item.querySelector('[name=sku]');
  sku.addEventListener('input', () => {
    lookUpProduct(sku.value);
    const product = products.get(sku.value.trim());
    if (product) item.querySelector('[name=unit]').value = product.unit;
  });
  item.querySelector('.remove').addEventListener('click', () => {
    item.remove();
    if (byId('lines').children.length === 0) addLine();
    updateTotals();
    byId('add-line').focus();
  });
  byId('lines').append(item);
  return sku;
}

/** The lines as typed, each with its exact amount where it can be told. */
function readLines(decimals) {
  return [...byId('lines').children].map((item, index) => {
    const member = (name) => item.querySelector(`[name=${name}]`).value.trim();
    const [sku, quantity, unit, unitPrice, discount] = ['sku', 'quantity', 'unit', 'unitPrice', 'discount'].map(member);
    const amount = lineAmount(quantity, unitPrice, discount, decimals);
    return { item, line: String(index + 1), sku, quantity, unit, unitPrice, discount, amount };
  });
}

function updateTotals() {
  const decimals = currencyDecimals(valueOf('currency'));
  const lines = readLines(decimals);
  for (const { item, amount } of lines) item.querySelector('output').value = amount ?? '–';
  const total = sumAmounts([...lines.map(({ amount }) => amount ?? ''), ...charges(), valueOf('tax') || '0'], decimals);
  byId('total').value = total === undefined ? '–' : `${total} ${valueOf('currency')}`;
  return { decimals, lines, total };
}

function charges() {
  const freight = valueOf('freight');
  return freight === '' || /^0+(\.0*)?$/.test(freight) ? [] : [freight];
}

/** The canonical order of what was typed; undefined while something is missing, which is then marked. */
function readOrder() {
  const { decimals, lines, total } = updateTotals();
  const [wrong, ...others] = markWrong(lines);
  if (wrong) {
    showProblem(`Missing, or not as it must be: ${[wrong, ...others].map(nameOf).join(', ')}.`);
    wrong.focus();
    return undefined;
  }
  const text = (id) => valueOf(id) || null;
  return {
    poNumber: valueOf('po-number'),
    orderDate: valueOf('order-date'),
    requestedDeliveryDate: text('delivery-date'),
    currency: valueOf('currency'),
    customerId: valueOf('customer'),
    shipTo: {
      name: text('ship-name'),
      lines: [valueOf('ship-street')],
      city: valueOf('ship-city'),
      region: text('ship-region'),
      postalCode: valueOf('ship-postal-code'),
      country: valueOf('ship-country'),
    },
    payment: { method: valueOf('payment'), ...(valueOf('payment') === 'terms' && { terms: text('terms') }) },
    lines: lines.map(({ line, sku, quantity, unit, unitPrice, discount, amount }) => ({
      line,
      sku,
      quantity,
      unit,
      unitPrice,
      discounts: discount === '' ? [] : [{ code: 'MANUAL', amount: discount }],
      amount,
    })),
    charges: charges().map((amount) => ({ code: 'FREIGHT', amount })),
    tax: valueOf('tax') || sumAmounts([], decimals),
    total,
    notes: valueOf('notes') === '' ? [] : [valueOf('notes')],
  };
}

/** Marks what cannot be sent, and tells which it is. */
function markWrong(lines) {
  const isWrong = (input) => !input.checkValidity() || (input.required && input.value.trim() === '');
  const inputs = [...byId('order').querySelectorAll('input, select, textarea')];
  const ofLines = lines.flatMap(({ item }) =>
    ['quantity', 'unitPrice', 'discount'].map((name) => item.querySelector(`[name=${name}]`)),
  );
  const isNoNumber = (input) => sumAmounts([input.value.trim() || '0'], 2) === undefined;
  const unread = new Set([...ofLines, byId('freight'), byId('tax')].filter(isNoNumber));
  for (const input of inputs) input.setAttribute('aria-invalid', String(isWrong(input) || unread.has(input)));
  return inputs.filter((input) => input.getAttribute('aria-invalid') === 'true');
}

/** A field as it is labelled. */
function nameOf(input) {
  const label = input.labels[0].firstChild.textContent.trim();
  const item = input.closest('li');
  return item ? `${label} of line ${[...byId('lines').children].indexOf(item) + 1}` : label;
}

function show(kind, ...children) {
  const notice = createElement('div', { className: `notice ${kind}` }, ...children);
  byId('result').replaceChildren(notice);
  byId('result').focus();
}

function showProblem(detail, findings = []) {
  show('error', createElement('p', { textContent: detail }), ...listFindings(findings));
}

function listFindings(findings) {
  if (findings.length === 0) return [];
  const items = findings.map(({ code, path, message }) =>
    createElement('li', {}, createElement('code', { textContent: code }), ` ${path} – ${message}`),
  );
  return [createElement('ul', {}, ...items)];
}

const IN_WORDS = {
  completed: 'Production has the order.',
  staged: 'The order is staged.',
  in_review: 'A reviewer will look at the order.',
  held: 'The order waits for another system and goes on by itself.',
  rejected: 'The order was rejected.',
};

function showTaken({ orders: [order], findings = [] }) {
  const said = createElement('p', { textContent: IN_WORDS[order.state] ?? `The order is kept; it is ${order.state}.` });
  const number = createElement('p', {}, 'Order ', createElement('code', { textContent: order.orderId }));
  const holds =
    (order.holds ?? []).length > 0 ? [createElement('p', { textContent: `Holds: ${order.holds.join(', ')}` })] : [];
  const { temporal } = order.links;
  const links = temporal
    ? [createElement('p', {}, createElement('a', { href: temporal, textContent: 'Its run in Temporal' }))]
    : [];
  const again = createElement('button', { type: 'button', className: 'secondary', textContent: 'Type another order' });
  again.addEventListener('click', () => window.location.reload());
  show(
    order.state === 'rejected' ? 'error' : 'good',
    said,
    number,
    ...holds,
    ...listFindings(findings),
    ...links,
    again,
  );
}

/** Runs a call with the buttons off, so that nobody sends twice, and says so when there is no answer. */
async function whileBusy(work) {
  const buttons = [byId('send'), byId('check')];
  for (const button of buttons) button.disabled = true;
  try {
    await work();
  } catch (error) {
    if (error instanceof NotSignedIn) askForToken();
    else showProblem('There was no answer. Send it again: it stays one order.');
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function askForToken() {
  showProblem('Your access token is missing or not valid. Nothing was sent.');
  byId('token').focus();
}

async function send() {
  const order = readOrder();
  if (!order) return;
  const headers = {
    'Content-Type': 'application/json',
    'Idempotency-Key': idempotencyKey,
    Prefer: `wait=${WAIT_SECONDS}`,
  };
  const { body } = await call('/v1/orders', { method: 'POST', headers, body: JSON.stringify(order) });
  if (body.orders?.length > 0) showTaken(body);
  else showProblem(body.detail, body.findings ?? []);
  // Whatever is changed and sent from here on is another order.
  idempotencyKey = crypto.randomUUID();
}

async function check() {
  const order = readOrder();
  if (!order) return;
  const headers = { 'Content-Type': 'application/json' };
  const { status, body } = await call('/v1/orders/validate', { method: 'POST', headers, body: JSON.stringify(order) });
  if (status !== 200) showProblem(body.detail, body.findings ?? []);
  else if (body.findings.length === 0)
    show('good', createElement('p', { textContent: 'Nothing is wrong with this order. It was not sent.' }));
  else showProblem('This is what would be said about the order. It was not sent.', body.findings);
}

byId('token').value = sessionStorage.getItem('token') ?? '';
byId('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('token', valueOf('token'));
  byId('customer').focus();
});
byId('token').addEventListener('change', () => sessionStorage.setItem('token', valueOf('token')));
byId('customer').addEventListener('input', () => {
  lookUpCustomer(valueOf('customer'));
  showCustomer();
});
byId('add-line').addEventListener('click', () => {
  addLine().focus();
  updateTotals();
});
byId('order').addEventListener('input', updateTotals);
byId('order').addEventListener('submit', (event) => {
  event.preventDefault();
  void whileBusy(send);
});
byId('check').addEventListener('click', () => void whileBusy(check));
byId('payment').addEventListener('change', () => {
  byId('terms').disabled = valueOf('payment') !== 'terms';
});
// The date where the person is, not in UTC.
const today = new Date();
byId('order-date').value = [today.getFullYear(), today.getMonth() + 1, today.getDate()]
  .map((part) => String(part).padStart(2, '0'))
  .join('-');
addLine();
updateTotals();
