/* node-quickbooks and Intuit's intuit-oauth do a full round; prints what they saw as JSON.
   Unchanged but for the base URL, the first argument. */
'use strict'
const { promisify } = require('node:util')
const QuickBooks = require('node-quickbooks')
const OAuthClient = require('intuit-oauth')

const base = process.argv[2]
const seen = {}

async function consent () {
  const known = await (await fetch(`${base}/_control/credentials`)).json()
  const found = await (await fetch(`${base}/.well-known/openid_sandbox_configuration`)).json()
  const auth = new OAuthClient({
    clientId: known.client_id, clientSecret: known.client_secret, environment: 'sandbox', redirectUri: 'http://localhost:8000/callback'
  })
  auth.setAuthorizeURLs({
    authorizeEndpoint: found.authorization_endpoint,
    tokenEndpoint: found.token_endpoint,
    revokeEndpoint: found.revocation_endpoint,
    userInfoEndpoint: found.userinfo_endpoint
  })
  const asked = new URL(auth.authorizeUri({ scope: [OAuthClient.scopes.Accounting, OAuthClient.scopes.OpenId], state: 'st4te' }))
  const form = new URLSearchParams(asked.search)
  form.set('decision', 'approve')
  const answer = await fetch(asked.origin + asked.pathname, { method: 'POST', body: form, redirect: 'manual' })
  const back = answer.headers.get('location')
  await auth.createToken(back)
  seen.user = (await auth.getUserInfo()).json.email
  const first = auth.getToken().refresh_token
  await auth.refresh()
  seen.rotated = auth.getToken().refresh_token !== first
  return { auth, known, realm: new URL(back).searchParams.get('realmId') }
}

async function main () {
  const { auth, known, realm } = await consent()
  QuickBooks.V3_ENDPOINT_BASE_URL = `${base}/v3/company/`
  QuickBooks.TOKEN_URL = `${base}/oauth2/v1/tokens/bearer`
  QuickBooks.REVOKE_URL = `${base}/v2/oauth2/tokens/revoke`
  const token = auth.getToken()
  const books = new QuickBooks(known.client_id, known.client_secret, token.access_token, false, realm, true, false, 75, '2.0', token.refresh_token)
  const call = (name, ...values) => promisify(books[name]).call(books, ...values)
  const since = new Date(Date.now() - 3600000)

  const customer = await call('createCustomer', { DisplayName: "Müller & O'Neil" })
  seen.customer = customer.Id
  seen.found = (await call('findCustomers', { DisplayName: "Müller & O'Neil" })).QueryResponse.Customer.map(each => each.Id)
  seen.counted = (await call('findCustomers', { count: true })).QueryResponse.totalCount > 20

  const line = { Amount: 80.4, DetailType: 'SalesItemLineDetail', SalesItemLineDetail: { ItemRef: { value: '1' }, Qty: 3, UnitPrice: 26.8 } }
  let invoice = await call('createInvoice', { CustomerRef: { value: customer.Id }, Line: [line], requestId: 'node-1' })
  seen.invoice = invoice.Id
  seen.total = invoice.TotalAmt
  const again = await call('createInvoice', { CustomerRef: { value: customer.Id }, Line: [line], requestId: 'node-1' })
  seen.again = again.Id
  invoice = await call('updateInvoice', { ...invoice, PrivateNote: 'changed' })
  seen.note = invoice.PrivateNote
  seen.sync_token = invoice.SyncToken
  const list = await call('findInvoices', [{ field: 'TotalAmt', value: 80, operator: '>' }, { field: 'CustomerRef', value: customer.Id }, { field: 'limit', value: 5 }])
  seen.queried = list.QueryResponse.Invoice.map(each => each.Id)

  const batch = await call('batch', [
    { bId: '1', operation: 'create', Customer: { DisplayName: 'Node batch' } },
    { bId: '2', operation: 'create', Customer: { DisplayName: 'Cool Cars' } },
    { bId: '3', Query: 'select * from Term' }
  ])
  seen.batch = batch.BatchItemResponse.map(each => each.Fault ? each.Fault.Error[0].code : Object.keys(each).find(key => key !== 'bId'))

  const changed = await call('changeDataCapture', ['Invoice', 'Customer'], since)
  const answers = changed.CDCResponse[0].QueryResponse
  seen.cdc = [answers[0].Invoice.some(each => each.Id === invoice.Id), answers[1].Customer.some(each => each.Id === customer.Id)]

  seen.pdf = Buffer.from(await call('getInvoicePdf', invoice.Id)).subarray(0, 5).toString()
  seen.sent = (await call('sendInvoicePdf', invoice.Id, 'ann@example.com')).EmailStatus
  seen.uploaded = (await call('upload', 'note.txt', 'text/plain', Buffer.from('a note'), 'Invoice', invoice.Id)).FileName

  const payment = await call('createPayment', {
    CustomerRef: { value: customer.Id }, TotalAmt: 30.4, Line: [{ Amount: 30.4, LinkedTxn: [{ TxnId: invoice.Id, TxnType: 'Invoice' }] }]
  })
  seen.balance = (await call('getInvoice', invoice.Id)).Balance
  await call('voidPayment', { Id: payment.Id, SyncToken: payment.SyncToken })
  seen.balance_after_void = (await call('getInvoice', invoice.Id)).Balance
  await call('voidInvoice', invoice.Id)
  const voided = await call('getInvoice', invoice.Id)
  seen.voided = [voided.TotalAmt, voided.PrivateNote.startsWith('Voided')]
  seen.deleted = (await call('deleteInvoice', invoice.Id)).Invoice.status
  await new Promise(resolve => books.getInvoice(invoice.Id, (error) => { seen.gone = error.Fault ? error.Fault.Error[0].code : error.response.data.Fault.Error[0].code; resolve() }))

  await promisify(books.refreshAccessToken).call(books)
  seen.refreshed = (await call('getCompanyInfo', realm)).Country
  await promisify(books.revokeAccess).call(books, true)
  const refused = await fetch(`${base}/v3/company/${realm}/customer/1`, { headers: { Authorization: `Bearer ${token.access_token}`, Accept: 'application/json' } })
  seen.revoked = refused.status
  console.log(JSON.stringify(seen))
}

main().catch(error => { console.error(error && error.response ? error.response.data : error); process.exit(1) })
