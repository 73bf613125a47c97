/* A user approves an application on the consent page: here its form is sent. */
'use strict'

/* Where a client asks: `url`, the address of the consent page that the client made; `${sandbox}` stands in its place. */
async function consent (base, url) {
  const asked = new URL(url)
  const form = new URLSearchParams(asked.search)
  form.set('decision', 'approve')
  const answer = await fetch(`${base}/connect/oauth2`, { method: 'POST', body: form, redirect: 'manual' })
  const back = new URL(answer.headers.get('location')).searchParams
  return { code: back.get('code'), realm: back.get('realmId') }
}

async function credentials (base) {
  return (await fetch(`${base}/_control/credentials`)).json()
}

module.exports = { consent, credentials }
