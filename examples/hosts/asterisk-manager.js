// A Node program that has an asterisk-manager anyway: the plugin listens along on its connection.
import Manager from 'asterisk-manager';
import register from 'pbx-webhooks';

const {
  AMI_HOST = '127.0.0.1',
  AMI_PORT = '5038',
  AMI_USER,
  AMI_SECRET,
  HOOK_URL,
  HOOK_SECRET,
} = process.env;

const ami = new Manager(Number(AMI_PORT), AMI_HOST, AMI_USER, AMI_SECRET, true);
ami.keepConnected();

const plugin = await register(
  { ami, logger: console },
  { subscriptions: [{ url: HOOK_URL, events: ['call.*'], secret: HOOK_SECRET }] },
);

process.once('SIGTERM', async () => {
  await plugin.close(); // Takes its listeners off; the connection is ours, and still there.
  ami.disconnect();
});
