/* quickbooks-api, which reads, does its round; prints what it saw as JSON.
   Unchanged but for the base URL, the first argument. */
'use strict'
const { consent, credentials } = require('./consent.cjs')

const base = process.argv[2]
const seen = {}

async function main () {
  const { ApiClient, AuthProvider, AuthScopes, Endpoints, Environment, InvoiceStatus } = await import(process.argv[3])
  const known = await credentials(base)
  Object.assign(Endpoints, {
    UserAuth: `${base}/connect/oauth2`,
    TokenBearer: `${base}/oauth2/v1/tokens/bearer`,
    TokenRevoke: `${base}/v2/oauth2/tokens/revoke`,
    SandboxCompanyApi: `${base}/v3/company`
  })
  const auth = new AuthProvider(known.client_id, known.client_secret, 'http://localhost/callback', [AuthScopes.Accounting])
  const back = await consent(base, auth.generateAuthUrl().toString())
  const first = await auth.exchangeCode(back.code, back.realm)
  seen.rotated = (await auth.refresh()).refreshToken !== first.refreshToken
  const books = new ApiClient(auth, Environment.Sandbox)

  seen.company = (await books.companyInfo.getCompanyInfo()).Country
  seen.preferences = 'SalesFormsPrefs' in (await books.preferences.getPreferences()).results[0]
  const pages = []
  let found
  do {
    found = await books.invoices.getAllInvoices({ searchOptions: { maxResults: 10, page: pages.length + 1, orderBy: { field: 'Id', direction: 'DESC' } } })
    pages.push(found.results.map(each => Number(each.Id)))
  } while (found.hasNextPage)
  const ids = pages.flat()
  seen.paged = [ids.length, ids.every((each, place) => place === 0 || each < ids[place - 1])]
  seen.paid = (await books.invoices.getAllInvoices({ status: InvoiceStatus.Paid })).results.every(each => each.Balance === 0)
  seen.one = (await books.invoices.getInvoiceById(String(ids[0]))).Id === String(ids[0])
  seen.updated = (await books.customers.getUpdatedCustomers(new Date(0))).results.length > 0
  seen.dated = (await books.payments.getPaymentsForDateRange(new Date(0), new Date())).results.length > 0
  seen.lists = []
  for (const list of [books.customers.getAllCustomers(), books.estimates.getAllEstimates(), books.payments.getAllPayments(),
    books.accounts.getAllAccounts(), books.creditMemos.getAllCreditMemos()]) {
    seen.lists.push((await list).results.length > 0)
  }
  seen.revoked = await auth.revoke()
  console.log(JSON.stringify(seen))
}

main().catch(error => { console.error(error); process.exit(1) })
