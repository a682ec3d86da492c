// What the server is asked.

const JOBS = "/v1/jobs";

export class Refused extends Error {}

export const addressOf = (id, part) => `${JOBS}/${id}/${part}`;

export async function listJobs() {
  return (await ask(JOBS)).jobs;
}

export async function submit(form) {
  return ask(JOBS, { method: "POST", body: form });
}

export async function cancelOrRemove(id) {
  return ask(`${JOBS}/${id}`, { method: "DELETE" });
}

export async function retry(id) {
  return ask(`${JOBS}/${id}/retry`, { method: "POST" });
}

export async function readDefaults() {
  return ask("/page/defaults.json");
}

// Calls `onJob` at every change of a job until it ends, `onLost` while the server can't be reached,
// and `onGone` if the job is removed. Returns a function that stops watching.
export function watch(id, { onJob, onLost, onGone }) {
  let source;
  let timer;
  let stopped = false;
  const connect = () => {
    if (stopped) return;
    source = new EventSource(addressOf(id, "events"));
    source.addEventListener("job", (event) => {
      const job = JSON.parse(event.data);
      onJob(job);
      if (hasEnded(job)) source.close();
    });
    source.addEventListener("removed", () => { source.close(); onGone(); });
    source.addEventListener("error", async () => {
      source.close();
      const gone = await isGone(id);
      if (stopped) return;
      if (gone) { onGone(); return; }
      onLost();
      timer = setTimeout(connect, 1000);
    });
  };
  connect();
  return () => { stopped = true; clearTimeout(timer); source.close(); };
}

export const hasEnded = (job) => ["finished", "failed", "canceled"].includes(job.state);

async function isGone(id) {
  try { return (await fetch(`${JOBS}/${id}`)).status === 404; } catch { return false; }
}

async function ask(address, options) {
  const response = await fetch(address, options);
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer.error ?? `The server answered with ${response.status}.`);
  return answer;
}
