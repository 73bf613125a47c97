/* quickbooks-node-promise does a full round; prints what it saw as JSON.
   Unchanged but for the base URL, the first argument. */
'use strict'
const http = require('node:http')
const { Quickbooks } = require('quickbooks-node-promise')
const { consent, credentials } = require('./consent.cjs')

const base = process.argv[2]
const seen = {}

/* The first webhook that comes when `work` is done, with its signature. */
async function hooked (work) {
  let tell
  const came = new Promise(resolve => { tell = resolve })
  const server = http.createServer((request, response) => {
    let text = ''
    request.on('data', part => { text += part })
    request.on('end', () => { response.end(); tell([JSON.parse(text), request.headers['intuit-signature']]) })
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const order = value => fetch(`${base}/_control/webhooks`, { method: 'POST', body: JSON.stringify(value) })
  await order({ url: `http://127.0.0.1:${server.address().port}/` })
  const done = await work()
  const told = await came
  await order({ url: '' })
  server.close()
  return [done, told]
}

async function main () {
  const known = await credentials(base)
  Object.assign(Quickbooks, {
    AUTHORIZATION_URL: `${base}/connect/oauth2`,
    TOKEN_URL: `${base}/oauth2/v1/tokens/bearer`,
    USER_INFO_URL: `${base}/v1/openid_connect/userinfo`,
    REVOKE_URL: `${base}/v2/oauth2/tokens/revoke`,
    JWKS_URL: `${base}/op/v1/jwks`,
    V3_ENDPOINT_BASE_URL: `${base}/v3/company/`
  })
  const config = {
    appKey: known.client_id,
    appSecret: known.client_secret,
    redirectUrl: 'http://localhost/callback',
    scope: [Quickbooks.scopes.Accounting, Quickbooks.scopes.OpenId, Quickbooks.scopes.Email],
    webhookVerifierToken: known.verifier_token,
    minorversion: 75
  }
  const back = await consent(base, Quickbooks.authorizeUrl(config))
  const books = new Quickbooks(config, back.realm)
  const first = await books.createToken(back.code)
  seen.user = (await books.getUserInfo()).email
  seen.rotated = (await books.refreshAccessToken()).refresh_token !== first.refresh_token

  const [made, [body, signature]] = await hooked(() => books.createCustomer({ DisplayName: "Łódź & O'Neil" }))
  seen.signed = [books.verifyWebhook(body, signature), books.verifyWebhook(body, 'another')]
  seen.customer = made.Customer.Id
  seen.found = (await books.findCustomers({ DisplayName: "Łódź & O'Neil" })).QueryResponse.Customer.map(each => each.Id)
  seen.counted = (await books.countCustomers()).QueryResponse.totalCount > 20

  const line = { Amount: 80.4, DetailType: 'SalesItemLineDetail', SalesItemLineDetail: { ItemRef: { value: '1' }, Qty: 3, UnitPrice: 26.8 } }
  let invoice = (await books.createInvoice({ CustomerRef: { value: seen.customer }, Line: [line] })).Invoice
  seen.invoice = invoice.Id
  seen.total = invoice.TotalAmt
  invoice = (await books.updateInvoice({ Id: invoice.Id, SyncToken: invoice.SyncToken, sparse: true, PrivateNote: 'changed' })).Invoice
  seen.note = invoice.PrivateNote
  const list = await books.findInvoices({ limit: 5, desc: 'MetaData.LastUpdatedTime', items: [{ field: 'TotalAmt', value: 80, operator: '>' }] })
  seen.queried = list.QueryResponse.Invoice[0].Id

  const batch = await books.batch([
    { bId: '1', operation: 'create', Customer: { DisplayName: 'Promise batch' } },
    { bId: '2', operation: 'create', Customer: { DisplayName: 'Cool Cars' } },
    { bId: '3', Query: 'select * from Term' }
  ])
  seen.batch = batch.BatchItemResponse.map(each => each.Fault ? each.Fault.Error[0].code : Object.keys(each).find(key => key !== 'bId'))
  const changed = await books.changeDataCapture(['Invoice', 'Customer'], new Date(Date.now() - 3600000))
  seen.cdc = changed.CDCResponse[0].QueryResponse.map(each => (each.Invoice || each.Customer).some(one => [seen.invoice, seen.customer].includes(one.Id)))

  seen.pdf = (await books.getInvoicePdf(invoice.Id)).subarray(0, 5).toString()
  seen.sent = (await books.sendInvoicePdf(invoice.Id, 'ann@example.com')).EmailStatus
  const kept = await books.upload('note.txt', 'text/plain', Buffer.from('a note'), 'Invoice', invoice.Id)
  seen.uploaded = kept.AttachableResponse[0].Attachable.FileName

  const payment = (await books.createPayment({
    CustomerRef: { value: seen.customer }, TotalAmt: 30.4, Line: [{ Amount: 30.4, LinkedTxn: [{ TxnId: invoice.Id, TxnType: 'Invoice' }] }]
  })).Payment
  seen.balance = (await books.getInvoice(invoice.Id)).Invoice.Balance
  await books.deletePayment(payment) // its voidPayment updates
  invoice = (await books.getInvoice(invoice.Id)).Invoice
  seen.balance_after_deletion = invoice.Balance
  seen.voided = (await books.voidInvoice(invoice)).Invoice.TotalAmt
  invoice = (await books.getInvoice(invoice.Id)).Invoice
  seen.deleted = (await books.deleteInvoice(invoice)).Invoice.status
  seen.gone = await books.getInvoice(invoice.Id).catch(error => error.errorResponse.Fault.Error[0].code)
  await books.revokeAccess(true)
  seen.revoked = await books.getCustomer(seen.customer).catch(error => Boolean(error))
  console.log(JSON.stringify(seen))
}

main().catch(error => { console.error(error, JSON.stringify(error.errorResponse)); process.exit(1) })
