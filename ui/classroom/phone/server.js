// Questions to the server, and the token by which it knows this phone again.
const PATIENCE = 8000, KEPT = 'class-token';

export const token = {
  get: () => localStorage.getItem(KEPT),
  set: value => localStorage.setItem(KEPT, value),
  forget: () => localStorage.removeItem(KEPT),
};

/** What the server answers, or an Error with a sentence to show; its `status` is 0 without a connection. */
export async function ask(what, told) {
  let answer;
  try {
    answer = await fetch(`join/${what}`, {
      method: told ? 'POST' : 'GET',
      headers: { Authorization: `Bearer ${token.get() ?? ''}`, 'Content-Type': 'application/json' },
      body: told && JSON.stringify(told),
      signal: AbortSignal.timeout(PATIENCE),
      cache: 'no-store',
    });
  } catch {
    throw problem('No connection to the class: nothing is lost, and this page goes on by itself.', 0);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw problem(body.error ?? `The server answered ${answer.status}: try again.`, answer.status);
  return body;
}

const problem = (words, status) => Object.assign(new Error(words), { status });
