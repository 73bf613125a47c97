/* n8n's QuickBooks node does a round; prints what it saw as JSON.
   Unchanged; n8n around it is played here: parameters, credentials, and requests with the base URL, the first argument. */
'use strict'
const { QuickBooks } = require('n8n-nodes-base/dist/nodes/QuickBooks/QuickBooks.node.js')
const { credentials } = require('./consent.cjs')

const base = process.argv[2]
const seen = {}

/* n8n's requestOAuth2, as far as the node uses it. */
async function requested (token, options) {
  const url = new URL(options.uri.replace('https://sandbox-quickbooks.api.intuit.com', base))
  Object.entries(options.qs || {}).forEach(([key, value]) => url.searchParams.set(key, value))
  const headers = { Authorization: `Bearer ${token}`, ...options.headers }
  if (options.json) Object.assign(headers, { Accept: 'application/json', 'Content-Type': headers['Content-Type'] || 'application/json' })
  const answer = await fetch(url, { method: options.method, headers, body: options.body && JSON.stringify(options.body) })
  if (!answer.ok) throw Object.assign(new Error(await answer.text()), { statusCode: answer.status })
  return options.encoding === null ? Buffer.from(await answer.arrayBuffer()) : answer.json()
}

/* What n8n gives a node that executes. */
function around (known, parameters) {
  return {
    getInputData: () => [{ json: {} }],
    getNode: () => ({ name: 'QuickBooks', type: 'quickbooks', typeVersion: 1 }),
    getNodeParameter: (name, place, otherwise) => name in parameters ? parameters[name] : otherwise,
    getCredentials: async () => ({ environment: 'sandbox', oauthTokenData: { callbackQueryString: { realmId: known.realm_id } } }),
    continueOnFail: () => false,
    helpers: {
      requestOAuth2: (name, options) => requested(known.access_token, options),
      prepareBinaryData: async data => ({ data: data.toString('base64') }),
      returnJsonArray: data => [].concat(data).map(json => ({ json })),
      constructExecutionMetaData: data => data
    }
  }
}

async function main () {
  const known = await credentials(base)
  const node = new QuickBooks()
  const run = async (resource, operation, more) => {
    const [items] = await node.execute.call(around(known, { resource, operation, additionalFields: {}, filters: {}, download: false, ...more }))
    return items.map(each => each.binary || each.json)
  }
  const choose = name => node.methods.loadOptions[name].call(around(known, { resource: 'invoice', operation: 'create' }))
  seen.options = []
  for (const name of ['getCustomers', 'getItems', 'getTaxCodeRefs', 'getTerms', 'getMemos', 'getVendors', 'getDepartments', 'getCustomFields']) {
    seen.options.push((await choose(name)).length > 0)
  }

  const [customer] = await run('customer', 'create', { displayName: 'Made by n8n', additionalFields: { PrimaryEmailAddr: 'n8n@example.com' } })
  seen.customer = customer.Id
  const [changed] = await run('customer', 'update', { customerId: customer.Id, updateFields: { PrimaryPhone: '555-0100' } })
  seen.phone = changed.PrimaryPhone.FreeFormNumber
  seen.found = (await run('customer', 'getAll', { returnAll: false, limit: 5, filters: { query: "where DisplayName = 'Made by n8n'" } })).map(each => each.Id)
  seen.all = (await run('customer', 'getAll', { returnAll: true })).length > 20

  const Line = [{ DetailType: 'SalesItemLineDetail', Amount: 80.4, Description: 'Hours', itemId: '1', TaxCodeRef: 'NON', Qty: 3 }]
  const [invoice] = await run('invoice', 'create', { CustomerRef: customer.Id, Line, additionalFields: { CustomerMemo: 'Thanks', BillEmail: 'n8n@example.com' } })
  seen.invoice = invoice.Id
  seen.total = invoice.TotalAmt
  const [updated] = await run('invoice', 'update', { invoiceId: invoice.Id, updateFields: { DueDate: '2030-01-31' } })
  seen.due = updated.DueDate
  seen.sent = (await run('invoice', 'send', { invoiceId: invoice.Id, email: 'ann@example.com' }))[0].EmailStatus
  const [file] = await run('invoice', 'get', { invoiceId: invoice.Id, download: true, binaryProperty: 'data', fileName: 'invoice.pdf' })
  seen.pdf = Buffer.from(file.data.data, 'base64').subarray(0, 5).toString()

  const [payment] = await run('payment', 'create', { CustomerRef: customer.Id, TotalAmt: 30.4 })
  seen.paid = payment.UnappliedAmt
  seen.void_of_payment = (await run('payment', 'void', { paymentId: payment.Id }))[0].TotalAmt
  seen.voided = (await run('invoice', 'void', { invoiceId: invoice.Id }))[0].TotalAmt
  seen.deleted = (await run('invoice', 'delete', { invoiceId: invoice.Id }))[0].status
  seen.gone = await run('invoice', 'get', { invoiceId: invoice.Id }).catch(error => error.name)
  console.log(JSON.stringify(seen))
}

main().catch(error => { console.error(error); process.exit(1) })
