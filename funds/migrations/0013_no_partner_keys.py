"""The keys of an API that is not there yet go: they come back with it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("funds", "0012_secret_ballots")]

    operations = [
        migrations.RemoveField(model_name="partnerupload", name="key"),
        migrations.DeleteModel(name="PartnerKeyEvent"),
        migrations.DeleteModel(name="PartnerKey"),
    ]
