// A registrar on drachtio: the plugin listens along, and changes no answer.
import Srf from 'drachtio-srf';
import register from 'pbx-webhooks';

const {
  DRACHTIO_HOST = '127.0.0.1',
  DRACHTIO_PORT = '9022',
  DRACHTIO_SECRET = 'cymru',
  HOOK_URL,
  HOOK_SECRET,
} = process.env;

const srf = new Srf();
srf.use('register', (req, res) => {
  // Whoever asks gets in: a real registrar asks for a password first.
  const isLeaving = req.get('Expires') === '0';
  res.send(200, { headers: isLeaving ? {} : { Contact: req.get('Contact'), Expires: '300' } });
});

const plugin = await register(
  { srf, logger: console },
  { subscriptions: [{ url: HOOK_URL, events: ['extension.*'], secret: HOOK_SECRET }] },
);

void srf.connect({ host: DRACHTIO_HOST, port: Number(DRACHTIO_PORT), secret: DRACHTIO_SECRET });

process.once('SIGTERM', async () => {
  await plugin.close(); // Listens no more; the connection is ours, and still there.
  srf.disconnect();
});
